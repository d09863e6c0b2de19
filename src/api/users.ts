/** Users, for the platform's administrator. */
import { z } from "@hono/zod-openapi";

import { membershipsOf, membershipsOfAll, type Membership } from "../control/members.ts";
import { LINK_LIFE_MS, makeLink } from "../control/one-time-tokens.ts";
import {
  changeUser,
  deleteUser,
  findUser,
  insertUser,
  listUsers,
  peopleOf,
  type NotChanged,
  type User,
} from "../control/users.ts";
import { tx } from "../db/tx.ts";
import type { Caller } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import { loginLinkSchema, newUserSchema, userChangeSchema, userSchema } from "./contract-people.ts";
import { pageOf } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import { passwordText, usernameOf, type People } from "./people.ts";
import { answers, takes, timeOf, type Api } from "./routes.ts";

const route = routesOf("users");
const params = z.object({ username: z.string().max(100) });
const ONE = "/api/v1/users/{username}" as const;

const list = route.get("/api/v1/users", "platform", {
  summary: "Users, by name",
  request: { query: foundQuery },
  gives: { 200: answers(pageOf("users", userSchema), "One page") },
});

const create = route.post("/api/v1/users", "platform", {
  summary: "Make a user; he may do nothing until he is a member of a tenant",
  request: { body: takes(newUserSchema) },
  gives: { 201: answers(userSchema, "The user") },
});

const change = route.patch(ONE, "platform", {
  summary: "Change a user; a new password, and disabling, end his sessions",
  request: { params, body: takes(userChangeSchema) },
  gives: { 200: answers(userSchema, "The user as he is now") },
});

const remove = route.delete(ONE, "platform", {
  summary: "Remove a user, with his sessions and memberships",
  request: { params },
  gives: { 204: { description: "Removed" } },
});

const link = route.post(`${ONE}/link`, "platform", {
  summary: "Make a one-time link by which a user logs in",
  request: { params },
  gives: { 201: answers(loginLinkSchema, "The link, given this once") },
});

const BY_NAME: KeyedList<User, readonly [string]> = {
  letter: "n",
  kinds: ["text"],
  keyOf: ({ username }) => [username],
};

/** Adds the routes of users. */
export function addUsers(
  app: Api,
  { db: dbs, clock, pageUrl }: ApiContext,
  { passwords }: People,
): void {
  const db = peopleOf(dbs);
  app.openapi(list, async (c) => {
    const { q: text, ...page } = c.req.valid("query");
    const { rows, next } = await keyedPage(BY_NAME, page, ({ after: [after] = [], limit }) =>
      listUsers(db, { after, limit, text }),
    );
    const numbers = rows.map(({ userNo }) => userNo);
    const memberships = await membershipsOfAll(db, numbers);
    const users = rows.map((one) => shown(one, memberships.get(one.userNo) ?? []));
    return c.json({ users, next }, 200);
  });
  app.openapi(create, async (c) => {
    const asked = c.req.valid("json");
    const username = usernameOf(asked.username);
    const passwordHash =
      asked.password === undefined ? undefined : await passwords.hash(passwordText(asked.password));
    const draft = {
      username,
      displayName: asked.display_name ?? username,
      passwordHash,
      isPlatformAdmin: asked.is_platform_admin,
    };
    const made = await tx(db, (open) => insertUser(open, draft, c.get("caller").actor));
    if (made === undefined) throw new Problem("user_exists", `user "${username}" exists already`);
    return c.json(shown(made, []), 201);
  });
  app.openapi(change, async (c) => {
    const { username } = c.req.valid("param");
    const asked = c.req.valid("json");
    const passwordHash =
      asked.password === undefined ? undefined : await passwords.hash(passwordText(asked.password));
    const changed = await changeUser(db, username, {
      ...byCaller(c.get("caller")),
      change: {
        displayName: asked.display_name,
        isPlatformAdmin: asked.is_platform_admin,
        isDisabled: asked.is_disabled,
        passwordHash,
      },
    });
    if (!changed.ok) throw notChanged(username, changed.error);
    return c.json(shown(changed.value, await membershipsOf(db, changed.value.userNo)), 200);
  });
  app.openapi(remove, async (c) => {
    const { username } = c.req.valid("param");
    const removed = await deleteUser(db, username, byCaller(c.get("caller")));
    if (!removed.ok) throw notChanged(username, removed.error);
    return c.body(null, 204);
  });
  app.openapi(link, async (c) => {
    const { username } = c.req.valid("param");
    const user = await findUser(db, username);
    if (user === undefined) throw noUser(username);
    if (user.isDisabled) {
      const why = `user "${username}" is disabled; a link would let nobody in`;
      throw new Problem("not_allowed", why);
    }
    const nowMs = clock.now();
    const text = await makeLink(db, user, { actor: c.get("caller").actor, nowMs });
    const path = `/login#link=${text.reveal()}`;
    const url = pageUrl?.()?.replace(/\/*$/, () => path);
    const expires_at = timeOf(nowMs + LINK_LIFE_MS);
    return c.json({ link: text.reveal(), path, url, expires_at }, 201);
  });
}

/** Whoever works in the browser must not leave the platform without anybody who can give rights there again. */
function byCaller({ kind, actor }: Caller): {
  readonly actor: string;
  readonly keepsAdmin: boolean;
} {
  return { actor, keepsAdmin: kind === "user" };
}

function notChanged(username: string, why: NotChanged): Problem {
  if (why === "no_user") return noUser(username);
  return new Problem(
    "last_platform_admin",
    `user "${username}" is the platform's last administrator; make another one first`,
  );
}

/** What is answered where there is no user of a name. */
export function noUser(username: string): Problem {
  return new Problem("user_not_found", `there is no user "${username}"`);
}

function shown(user: User, memberships: readonly Membership[]): z.infer<typeof userSchema> {
  return {
    username: user.username,
    display_name: user.displayName,
    is_platform_admin: user.isPlatformAdmin,
    is_disabled: user.isDisabled,
    has_password: user.hasPassword,
    is_oidc: user.isOidc,
    created_at: timeOf(user.createdMs),
    last_login_at: timeOf(user.lastLoginMs),
    tenants: memberships.map(({ slug, name, role }) => ({ slug, name, role })),
  };
}
