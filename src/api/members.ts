/** Who may work in a tenant, for its admins and for the platform's administrator, who may so give himself a role there. */
import type { z } from "@hono/zod-openapi";

import { findMember, grantRole, listMembers, revokeRole, type Member } from "../control/members.ts";
import { findUser, peopleOf } from "../control/users.ts";
import { tx } from "../db/tx.ts";
import type { ApiContext } from "./context.ts";
import { memberChangeSchema, memberSchema } from "./contract-people.ts";
import { pageOf } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import {
  answers,
  paramsWith,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";
import { noUser } from "./users.ts";

const route = routesOf("members");
const params = paramsWith("username", "Name of the user");
const ONE = `${TENANT_PATH}/members/{username}` as const;

const list = route.get(`${TENANT_PATH}/members`, "admin or platform", {
  summary: "Who may work in the tenant, by name",
  request: { params: tenantParams, query: foundQuery },
  gives: { 200: answers(pageOf("members", memberSchema), "One page") },
});

const put = route.put(ONE, "admin or platform", {
  summary: "Give a user a role in the tenant",
  request: { params, body: takes(memberChangeSchema) },
  gives: { 200: answers(memberSchema, "The member") },
});

const remove = route.delete(ONE, "admin or platform", {
  summary: "Take a user's role in the tenant away",
  request: { params },
  gives: { 204: { description: "Taken away" } },
});

const BY_NAME: KeyedList<Member, readonly [string]> = {
  letter: "m",
  kinds: ["text"],
  keyOf: ({ username }) => [username],
};

/** Adds the routes of members. */
export function addMembers(app: Api, { db: dbs }: ApiContext): void {
  const people = peopleOf(dbs);
  app.openapi(list, async (c) => {
    const { q: text, ...page } = c.req.valid("query");
    const { rows, next } = await keyedPage(BY_NAME, page, ({ after: [after] = [], limit }) =>
      listMembers(people, c.get("tenant").tenant, { after, limit, text }),
    );
    return c.json({ members: rows.map(shown), next }, 200);
  });
  app.openapi(put, async (c) => {
    const { tenant } = c.get("tenant");
    const { username } = c.req.valid("param");
    const user = await findUser(people, username);
    if (user === undefined) throw noUser(username);
    const grant = { tenant, userNo: user.userNo, username, actor: c.get("caller").actor };
    await tx(people, (open) => grantRole(open, grant, c.req.valid("json").role));
    const member = await findMember(people, tenant, username);
    if (member === undefined) throw noMember(username);
    return c.json(shown(member), 200);
  });
  app.openapi(remove, async (c) => {
    const { tenant } = c.get("tenant");
    const { username } = c.req.valid("param");
    const user = await findUser(people, username);
    if (user === undefined) throw noMember(username);
    const grant = { tenant, userNo: user.userNo, username, actor: c.get("caller").actor };
    if (!(await revokeRole(people, grant))) throw noMember(username);
    return c.body(null, 204);
  });
}

function noMember(username: string): Problem {
  return new Problem("member_not_found", `the tenant has no member "${username}"`);
}

function shown(member: Member): z.infer<typeof memberSchema> {
  return {
    username: member.username,
    display_name: member.displayName,
    role: member.role,
    is_disabled: member.isDisabled,
    by_oidc: member.byOidc,
    last_login_at: timeOf(member.lastLoginMs),
  };
}
