/** How a browser gets its session: the first set-up, a password, or a one-time link. */
import type { Context } from "hono";

import { auditLogIn, auditRefusedLogIn, type LogInWay } from "../control/log-in-audit.ts";
import { countAttempt, forgetAttempts } from "../control/login-attempts.ts";
import { useLinkToken } from "../control/one-time-tokens.ts";
import { beginSession, findSession } from "../control/sessions.ts";
import { setUp } from "../control/set-up.ts";
import {
  findUser,
  findUserByNumber,
  hasPlatformAdmin,
  passwordHashOf,
  peopleOf,
  type User,
} from "../control/users.ts";
import { tx } from "../db/tx.ts";
import { Secret } from "../lib/secret.ts";
import { networkOf } from "../model/ip.ts";
import { limitBody } from "./body-limit.ts";
import type { ApiEnv } from "./caller.ts";
import { checkOrigin, clientOf, giveSession, requirePrivate } from "./client.ts";
import type { ApiContext } from "./context.ts";
import {
  loginSchema,
  loginWaysSchema,
  sessionSchema,
  setupSchema,
  setupStateSchema,
} from "./contract-people.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { passwordText, usernameOf, type People } from "./people.ts";
import { answers, takes, type Api } from "./routes.ts";
import { shownSession, type ShownSession } from "./session.ts";

const route = routesOf("log-in");

const ways = route.get("/api/v1/login", "nobody", {
  summary: "How one may log in",
  gives: { 200: answers(loginWaysSchema, "The ways") },
});

const setupState = route.get("/api/v1/setup", "nobody", {
  summary: "Whether the first user is still to be made",
  gives: { 200: answers(setupStateSchema, "As it is now") },
});

const setup = route.post("/api/v1/setup", "nobody", {
  summary: "Make the first user, the platform's administrator, with the token that serve printed",
  request: { body: takes(setupSchema) },
  gives: { 200: answers(sessionSchema, "Logged in") },
});

const login = route.post("/api/v1/session", "nobody", {
  summary: "Log in, by password or by a one-time link",
  request: { body: takes(loginSchema) },
  gives: { 200: answers(sessionSchema, "Logged in") },
});

/** Adds the routes that anybody may ask. They stand before what finds out who asks. */
export function addLogin(app: Api, context: ApiContext, people: People): void {
  app.use("/api/v1/session", limitBody);
  app.use("/api/v1/setup", limitBody);
  app.openapi(ways, (c) => {
    const { oidc } = people;
    return c.json(
      { password: true as const, oidc: oidc === undefined ? null : { name: oidc.name } },
      200,
    );
  });
  app.openapi(setupState, async (c) =>
    c.json({ needed: !(await hasPlatformAdmin(peopleOf(context.db))) }, 200),
  );
  app.openapi(setup, async (c) => {
    const { token, username, password, display_name: displayName } = c.req.valid("json");
    await admit(c, context, { people, by: "set_up" });
    const name = usernameOf(username);
    const passwordHash = await people.passwords.hash(passwordText(password));
    const made = await setUp(peopleOf(context.db), {
      token,
      nowMs: context.clock.now(),
      user: { username: name, displayName: displayName ?? name, passwordHash },
    });
    if (!made.ok) throw refusedSetup(made.error);
    return c.json(await logIn(c, context, { user: made.value, people, by: "set_up" }), 200);
  });
  app.openapi(login, async (c) => {
    const asked = c.req.valid("json");
    const by = "link" in asked ? "link" : "password";
    const user =
      "link" in asked
        ? await userOfLink(c, context, { link: asked.link, people })
        : await userOfPassword(c, context, { ...asked, people });
    return c.json(await logIn(c, context, { user, people, by }), 200);
  });
}

function refusedSetup(why: "no_token" | "set_up_already" | "name_taken"): Problem {
  if (why === "name_taken") return new Problem("user_exists", "that name is taken already");
  if (why === "set_up_already") return new Problem(why, "the first user is made already; log in");
  return new Problem(
    "wrong_credentials",
    "the set-up token is not known or too old; a start of serviceradar-core serve prints a new one",
  );
}

type Admitting = {
  readonly people: People;
  readonly by: LogInWay;
  readonly username?: string;
};

/** Counts the try. Throws where it may not be made: over a line that others read, from another site's page, or too often. */
async function admit(
  c: Context<ApiEnv>,
  { db, clock }: ApiContext,
  { people: { attempts }, by, username }: Admitting,
): Promise<void> {
  requirePrivate(c);
  checkOrigin(c);
  const { address } = clientOf(c);
  const people = peopleOf(db);
  await attempts.sweep(people, clock.now());
  const afterMs = await countAttempt(people, { username, address }, clock.now());
  if (afterMs === undefined) return;
  // Once a window and network: whoever is held back may go on trying as fast as he likes, with names as they come.
  if (attempts.isNews(networkOf(address))) {
    const user = username === undefined ? undefined : await findUser(people, username);
    await auditRefusedLogIn(people, user?.username, { by, address, why: "too_many_attempts" });
  }
  throw new Problem("too_many_attempts", "too many log-ins were tried; wait, then try again", {
    afterMs,
  });
}

async function userOfLink(
  c: Context<ApiEnv>,
  context: ApiContext,
  { link, people: knowing }: { readonly link: string; readonly people: People },
): Promise<User> {
  const by = "link";
  await admit(c, context, { people: knowing, by });
  const people = peopleOf(context.db);
  const userNo = await useLinkToken(people, link, context.clock.now());
  const user = userNo === undefined ? undefined : await findUserByNumber(people, userNo);
  if (user !== undefined && !user.isDisabled) return user;
  const why = user === undefined ? "wrong_link" : "disabled";
  await auditRefusedLogIn(people, user?.username, { by, address: clientOf(c).address, why });
  throw new Problem(
    "wrong_credentials",
    "the link was used, or is too old; make one with: serviceradar-core user link NAME",
  );
}

type Asked = { readonly username: string; readonly password: string; readonly people: People };

/** Takes as long for a name that nobody has, and says the same. */
async function userOfPassword(
  c: Context<ApiEnv>,
  context: ApiContext,
  { username: given, password, people }: Asked,
): Promise<User> {
  const username = given.trim().toLowerCase();
  const by = "password";
  await admit(c, context, { people, by, username });
  const { address } = clientOf(c);
  const db = peopleOf(context.db);
  const user = await findUser(db, username);
  const hash = user === undefined ? undefined : await passwordHashOf(db, user.userNo);
  const isSame = await people.passwords.matches(hash, new Secret(password));
  if (!isSame || user === undefined || user.isDisabled) {
    const why = isSame && user !== undefined ? "disabled" : "wrong_password";
    await auditRefusedLogIn(db, user?.username, { by, address, why });
    throw new Problem("wrong_credentials", "user name or password is wrong");
  }
  await forgetAttempts(db, { username, address });
  return user;
}

/** Begins the session, and gives it to the browser. */
async function logIn(
  c: Context<ApiEnv>,
  { db, clock }: ApiContext,
  { user, people, by }: { readonly user: User; readonly people: People; readonly by: LogInWay },
): Promise<ShownSession> {
  const nowMs = clock.now();
  const { address } = clientOf(c);
  // One transaction: nobody is in whom the audit does not know.
  const { id, session } = await tx(peopleOf(db), async (open) => {
    const begun = await beginSession(open, user.userNo, { nowMs });
    const found = await findSession(open, begun.reveal(), nowMs);
    if (found === undefined) throw new Problem("wrong_credentials", "this user is disabled");
    await auditLogIn(open, user.username, { by, address });
    return { id: begun, session: found };
  });
  giveSession(c, id);
  return await shownSession(db, { session, sessionId: id.reveal(), people });
}
