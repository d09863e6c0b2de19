/** The session of a browser: who it is, its end, and a new password. */
import type { z } from "@hono/zod-openapi";

import { countAttempt, forgetAttempts } from "../control/login-attempts.ts";
import { membershipsOf } from "../control/members.ts";
import { endSession, type UserSession } from "../control/sessions.ts";
import {
  changeUser,
  findUserByNumber,
  passwordHashOf,
  peopleOf,
  type User,
} from "../control/users.ts";
import type { TenantDbs } from "../db/pool.ts";
import { invariant } from "../lib/invariant.ts";
import { Secret } from "../lib/secret.ts";
import type { Caller } from "./caller.ts";
import { clientOf, csrfTokenOf, takeSession } from "./client.ts";
import type { ApiContext } from "./context.ts";
import { passwordChangeSchema, sessionSchema } from "./contract-people.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { passwordText, type People } from "./people.ts";
import { answers, takes, timeOf, type Api } from "./routes.ts";

const route = routesOf("log-in");
const nothing = { description: "Done" } as const;

const get = route.get("/api/v1/session", "user", {
  summary: "Who is logged in, and where he may work",
  gives: { 200: answers(sessionSchema, "The session") },
});

const end = route.delete("/api/v1/session", "user", {
  summary: "Log out",
  gives: { 204: nothing },
});

const changePassword = route.post("/api/v1/session/password", "user", {
  summary: "Change one's own password; ends one's other sessions",
  request: { body: takes(passwordChangeSchema) },
  gives: { 204: nothing },
});

/** A session as JSON. */
export type ShownSession = z.infer<typeof sessionSchema>;

/** Adds the routes of the session that a request came with. */
export function addSession(app: Api, { db, clock }: ApiContext, people: People): void {
  app.openapi(get, async (c) => {
    const { session, sessionId } = userOf(c.get("caller"));
    return c.json(await shownSession(db, { session, sessionId, people }), 200);
  });
  app.openapi(end, async (c) => {
    await endSession(peopleOf(db), userOf(c.get("caller")).session.sha256);
    takeSession(c);
    return c.body(null, 204);
  });
  app.openapi(changePassword, async (c) => {
    const { session, actor } = userOf(c.get("caller"));
    const { username, userNo, sha256: keepSession } = session;
    const asked = c.req.valid("json");
    const wanted = passwordText(asked.new);
    const attempt = { username, address: clientOf(c).address };
    const afterMs = await countAttempt(peopleOf(db), attempt, clock.now());
    if (afterMs !== undefined) {
      throw new Problem("too_many_attempts", "too many passwords were tried; wait", { afterMs });
    }
    const user = await findUserByNumber(peopleOf(db), userNo);
    const hash = await passwordHashOf(peopleOf(db), userNo);
    const isRight =
      asked.current === undefined
        ? mayHaveFirst(user)
        : await people.passwords.matches(hash, new Secret(asked.current));
    if (!isRight) {
      throw new Problem("wrong_password", "current: that is not your password");
    }
    const passwordHash = await people.passwords.hash(wanted);
    await changeUser(peopleOf(db), username, { change: { passwordHash }, actor, keepSession });
    await forgetAttempts(peopleOf(db), attempt);
    return c.body(null, 204);
  });
}

/** Whoever an identity provider lets in has no password beside it: the provider's word would no longer end his access. */
function mayHaveFirst(user: User | undefined): boolean {
  return user !== undefined && !user.hasPassword && !user.isOidc;
}

function userOf(caller: Caller): Extract<Caller, { kind: "user" }> {
  invariant(caller.kind === "user", "the route lets users pass alone");
  return caller;
}

/** The session, and where its user may work. */
export async function shownSession(
  db: TenantDbs,
  {
    session,
    sessionId,
    people,
  }: { readonly session: UserSession; readonly sessionId: string; readonly people: People },
): Promise<ShownSession> {
  const { userNo, username, displayName, isPlatformAdmin, expiresMs } = session;
  const user = await findUserByNumber(peopleOf(db), userNo);
  return {
    user: {
      username,
      display_name: displayName,
      is_platform_admin: isPlatformAdmin,
      has_password: user?.hasPassword === true,
    },
    csrf_token: csrfTokenOf(sessionId),
    expires_at: timeOf(expiresMs),
    tenants: [...(await membershipsOf(peopleOf(db), userNo))],
    login: { oidc: people.oidc !== undefined },
  };
}
