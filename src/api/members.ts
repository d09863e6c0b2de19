/** Who may work in a tenant, for its admins and for the platform's administrator, who may so give himself a role there. */
import { createRoute, z } from "@hono/zod-openapi";

import { grantRole, listMembers, revokeRole, type Member } from "../control/members.ts";
import { findUser, peopleOf } from "../control/users.ts";
import { tx } from "../db/tx.ts";
import type { ApiContext } from "./context.ts";
import { memberChangeSchema, memberSchema } from "./contract-people.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  needs,
  paramsWith,
  PROBLEMS,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";
import { noUser } from "./users.ts";

const tags = ["members"];
const params = paramsWith("username", "Name of the user");
const ONE = `${TENANT_PATH}/members/{username}` as const;

const list = createRoute({
  method: "get",
  path: `${TENANT_PATH}/members`,
  tags,
  summary: "Who may work in the tenant, by name",
  ...needs("admin or platform"),
  request: { params: tenantParams },
  responses: { 200: answers(z.object({ members: z.array(memberSchema) }), "All"), ...PROBLEMS },
});

const put = createRoute({
  method: "put",
  path: ONE,
  tags,
  summary: "Give a user a role in the tenant",
  ...needs("admin or platform"),
  request: { params, body: takes(memberChangeSchema) },
  responses: { 200: answers(memberSchema, "The member"), ...PROBLEMS },
});

const remove = createRoute({
  method: "delete",
  path: ONE,
  tags,
  summary: "Take a user's role in the tenant away",
  ...needs("admin or platform"),
  request: { params },
  responses: { 204: { description: "Taken away" }, ...PROBLEMS },
});

/** Adds the routes of members. */
export function addMembers(app: Api, { db: dbs }: ApiContext): void {
  const people = peopleOf(dbs);
  app.openapi(list, async (c) => {
    const members = await listMembers(people, c.get("tenant").tenant);
    return c.json({ members: members.map(shown) }, 200);
  });
  app.openapi(put, async (c) => {
    const { tenant } = c.get("tenant");
    const { username } = c.req.valid("param");
    const user = await findUser(people, username);
    if (user === undefined) throw noUser(username);
    const grant = { tenant, userNo: user.userNo, username, actor: c.get("caller").actor };
    await tx(people, (open) => grantRole(open, grant, c.req.valid("json").role));
    const member = (await listMembers(people, tenant)).find((one) => one.username === username);
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
