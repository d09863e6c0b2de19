/**
 * Who asks, and what they may. Two kinds of caller: the platform's administrator, who comes through the local socket or from
 * inside the process, and bearers of tokens, each of one tenant. Which of the two it is comes from the listener, as a
 * binding that no request can carry.
 */
import type { MiddlewareHandler } from "hono";

import { findTenant, type Tenant } from "../control/tenants.ts";
import { findToken, noteTokenUse, ROLES, type Role } from "../control/tokens.ts";
import type { Db } from "../db/pool.ts";
import { listsOf } from "../db/replica.ts";
import type { TenantSlug } from "../model/tenant.ts";
import { ACTOR_HEADER } from "./actor.ts";
import type { ApiContext } from "./context.ts";
import { Problem } from "./errors.ts";

/** What a listener says of its callers. */
export interface ListenerBindings {
  /** True where reaching the listener is the proof: the file mode of the local socket, or the same process. */
  readonly isPlatformAdmin?: boolean;
}

/** Given to `app.fetch` by whoever holds that authority. */
export const PLATFORM_ADMIN: ListenerBindings = { isPlatformAdmin: true };

/** Who asks. */
type Caller =
  | { readonly kind: "platform"; readonly actor: string }
  | {
      readonly kind: "token";
      readonly actor: string;
      readonly tenant: number;
      readonly slug: TenantSlug;
      readonly role: Role;
    };

/** What handlers find in their context. */
export type ApiEnv = {
  Bindings: ListenerBindings;
  Variables: {
    caller: Caller;
    /** Of the path, with the database as it has it. */
    tenant: Tenant;
    db: Db;
    /** Runs what only lists, on a read replica where there is one. */
    listing: <T>(work: (db: Db) => Promise<T>) => Promise<T>;
  };
};

/** Longest actor name kept. */
const ACTOR_CHARS_MAX = 100;

/** How old a token's last use may be before a request writes a new one, ms; noteTokenUse holds the database to the same. */
const LAST_USED_STALE_MS = 60_000;

/** Finds out who asks. Throws `unauthenticated`, `token_expired` or `token_revoked`. */
export function authenticate(context: ApiContext): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (c.env.isPlatformAdmin === true) {
      const actor = decoded(c.req.header(ACTOR_HEADER)).slice(0, ACTOR_CHARS_MAX);
      c.set("caller", { kind: "platform", actor: `cli:${actor}` });
    } else {
      c.set("caller", await bearer(context, c.req.header("authorization")));
    }
    await next();
  };
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
 * Finds the tenant of the path. A token is held to its own before anything is looked up, so it cannot learn which others
 * there are.
 */
export function scopeToTenant({ db, lists = listsOf(db) }: ApiContext): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const slug = c.req.param("tenant") ?? "";
    const caller = c.get("caller");
    if (caller.kind === "token" && caller.slug !== slug) {
      throw new Problem("other_tenant", `this token belongs to tenant "${caller.slug}"`);
    }
    const tenant = await findTenant(db, slug);
    if (tenant === undefined) throw new Problem("tenant_not_found", `there is no tenant "${slug}"`);
    c.set("tenant", tenant);
    c.set("db", db.forTenant(tenant.tenant));
    c.set("listing", (work) => lists.read(tenant.tenant, work));
    await next();
  };
}

/** Lets pass who has at least this role. */
export function atLeast(role: Role): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller = c.get("caller");
    if (caller.kind === "token" && ROLES.indexOf(caller.role) < ROLES.indexOf(role)) {
      throw new Problem(
        "role_too_low",
        `this token has the role ${caller.role}; the request needs ${role}`,
      );
    }
    await next();
  };
}

/** Lets pass the platform's administrator alone: tokens belong to one tenant. */
export const platformOnly: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.get("caller").kind !== "platform") {
    throw new Problem(
      "platform_only",
      "only the platform's administrator may do that, with serviceradar-core on the core's host",
    );
  }
  await next();
};
