/**
 * Who asks, and what they may. Three kinds of caller: the platform's administrator, who comes through the local socket or from
 * inside the process; bearers of tokens, each of one tenant; and users with a browser's session. Whether it is the first comes
 * from the listener, as a binding that no request can carry.
 */
import type { Context, MiddlewareHandler } from "hono";

import { roleIn } from "../control/members.ts";
import { findSession } from "../control/sessions.ts";
import { findTenant } from "../control/tenants.ts";
import { findToken, noteTokenUse, ROLES, type Role } from "../control/tokens.ts";
import { peopleOf } from "../control/users.ts";
import { listsOf } from "../db/replica.ts";
import { ACTOR_HEADER } from "./actor.ts";
import { isPlatform, type ApiEnv, type Caller } from "./caller.ts";
import { checkCsrf, sessionIdOf } from "./client.ts";
import type { ApiContext } from "./context.ts";
import { Problem } from "./errors.ts";

/** Longest actor name kept. */
const ACTOR_CHARS_MAX = 100;

/** How old a token's last use may be before a request writes a new one, ms; noteTokenUse holds the database to the same. */
const LAST_USED_STALE_MS = 60_000;

/** Finds out who asks. Throws `unauthenticated`, `token_expired`, `token_revoked` or `csrf`. */
export function authenticate(context: ApiContext): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller = await callerOf(context, c);
    c.set("caller", caller);
    c.set(
      "role",
      caller.kind === "platform" ? "admin" : caller.kind === "token" ? caller.role : undefined,
    );
    await next();
  };
}

async function callerOf(context: ApiContext, c: Context<ApiEnv>): Promise<Caller> {
  if (c.env.isPlatformAdmin === true) {
    const actor = decoded(c.req.header(ACTOR_HEADER)).slice(0, ACTOR_CHARS_MAX);
    return { kind: "platform", actor: `cli:${actor}` };
  }
  const header = c.req.header("authorization");
  const sessionId = header === undefined ? sessionIdOf(c) : undefined;
  if (sessionId === undefined) return await bearer(context, header);
  const session = await findSession(peopleOf(context.db), sessionId, context.clock.now());
  if (session === undefined) {
    throw new Problem("unauthenticated", "the session has ended; log in again");
  }
  checkCsrf(c, sessionId);
  return { kind: "user", actor: `user:${session.username}`, session, sessionId };
}

/** Names of users may hold what a header may not. */
function decoded(header: string | undefined): string {
  try {
    return decodeURIComponent(header ?? "local");
  } catch {
    return "local";
  }
}

async function bearer({ db, clock }: ApiContext, header: string | undefined): Promise<Caller> {
  const text = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  if (text === undefined) {
    throw new Problem(
      "unauthenticated",
      'the request has no token; send "Authorization: Bearer …" (make one with: serviceradar-core token create)',
    );
  }
  const token = await findToken(db, text);
  if (token === undefined) throw new Problem("unauthenticated", "the token is not known");
  if (token.revokedMs !== undefined) throw new Problem("token_revoked", "the token was revoked");
  if (token.expiresMs !== undefined && token.expiresMs <= clock.now()) {
    throw new Problem("token_expired", "the token has expired; make a new one");
  }
  if ((token.lastUsedMs ?? 0) < clock.now() - LAST_USED_STALE_MS) {
    await noteTokenUse(db.forTenant(token.tenant), token);
  }
  const { tenant, slug, role, name } = token;
  return { kind: "token", actor: `token:${name}`, tenant, slug, role };
}

/**
 * Finds the tenant of the path, and what the caller may there. A token is held to its own, and a user to where he is a member,
 * before anything is looked up, so neither can learn which others there are. The platform's administrator knows them all.
 */
export function scopeToTenant({ db, lists = listsOf(db) }: ApiContext): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const slug = c.req.param("tenant") ?? "";
    const caller = c.get("caller");
    if (caller.kind === "token" && caller.slug !== slug) {
      throw new Problem("other_tenant", `this token belongs to tenant "${caller.slug}"`);
    }
    if (caller.kind === "user") {
      const role = await roleIn(peopleOf(db), caller.session.userNo, slug);
      c.set("role", role);
      if (role === undefined && !caller.session.isPlatformAdmin) {
        throw new Problem("other_tenant", "you are not a member of that tenant");
      }
    }
    const tenant = await findTenant(db, slug);
    if (tenant === undefined) throw new Problem("tenant_not_found", `there is no tenant "${slug}"`);
    c.set("tenant", tenant);
    c.set("db", db.forTenant(tenant.tenant));
    c.set("listing", (work) => lists.read(tenant.tenant, work));
    await next();
  };
}

/** Least rights of a route: a role in the tenant of its path, or what is of no tenant. */
export type Least =
  | Role
  /** Any caller who is known; where it answers with what is a tenant's, that is the caller's own. */
  | "anyone"
  /** A user with a browser's session, whatever he may. */
  | "user"
  | "platform"
  /** The platform's administrator, or who has the role in the tenant. */
  | "viewer or platform"
  | "admin or platform";

/** Lets pass who has at least these rights. Throws `role_too_low`, `platform_only` or `session_only`. */
export function atLeast(least: Least): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const refusal = refusalOf(c.get("caller"), { role: c.get("role"), least });
    if (refusal !== undefined) throw refusal;
    await next();
  };
}

function refusalOf(
  caller: Caller,
  { role, least }: { readonly role: Role | undefined; readonly least: Least },
): Problem | undefined {
  if (least === "anyone") return undefined;
  if (least === "user") return caller.kind === "user" ? undefined : sessionOnly();
  if (least === "platform") return isPlatform(caller) ? undefined : platformOnly();
  const [word, ...orPlatform] = least.split(" ");
  if (orPlatform.length > 0 && isPlatform(caller)) return undefined;
  const needed = ROLES.find((one) => one === word) ?? "admin";
  if (role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed)) return undefined;
  return roleTooLow(caller, { role, needed });
}

function roleTooLow(
  { kind }: Caller,
  { role, needed }: { readonly role: Role | undefined; readonly needed: Role },
): Problem {
  const who = kind === "token" ? "this token has" : "you have";
  const held = role === undefined ? "no role in this tenant" : `the role ${role}`;
  return new Problem("role_too_low", `${who} ${held}; the request needs ${needed}`);
}

function platformOnly(): Problem {
  return new Problem(
    "platform_only",
    "only the platform's administrator may do that, with serviceradar-core on the core's host",
  );
}

function sessionOnly(): Problem {
  return new Problem("session_only", "that is of a browser's session; log in at /login");
}
