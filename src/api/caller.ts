/** Who asks, and what handlers find in their context. */
import type { UserSession } from "../control/sessions.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Role } from "../control/tokens.ts";
import type { Db } from "../db/pool.ts";
import type { TenantSlug } from "../model/tenant.ts";

/** Who sent a request, as the listener and proxies that it trusts say. */
export interface Client {
  /** The browser's IP address. */
  readonly address: string;
  /** Whether nobody on the way could read or change it: TLS, or this very machine. */
  readonly isPrivate: boolean;
  readonly isTls: boolean;
  /** "host:port" as the browser knows us. */
  readonly host: string | undefined;
}

/** What a listener says of its callers. */
export interface ListenerBindings {
  /** True where reaching the listener is the proof: the file mode of the local socket, or the same process. */
  readonly isPlatformAdmin?: boolean;
  /** Absent within the process. */
  readonly client?: Client;
  /** Aborts when the listener stops: what would go on for minutes ends then. */
  readonly stopping?: AbortSignal;
  /** Cuts the connection off that the request came by. */
  readonly hangUp?: () => void;
}

/** Given to `app.fetch` by whoever holds that authority. */
export const PLATFORM_ADMIN: ListenerBindings = { isPlatformAdmin: true };

/** Who asks. */
export type Caller =
  | { readonly kind: "platform"; readonly actor: string }
  | {
      readonly kind: "token";
      readonly actor: string;
      readonly tenant: number;
      readonly slug: TenantSlug;
      readonly role: Role;
    }
  | {
      readonly kind: "user";
      readonly actor: string;
      readonly session: UserSession;
      /** What its cookie holds. */
      readonly sessionId: string;
    };

/** What handlers find in their context. */
export type ApiEnv = {
  Bindings: ListenerBindings;
  Variables: {
    caller: Caller;
    /** What the caller may in the tenant of the path, or a token anywhere; absent: nothing that needs a role. */
    role: Role | undefined;
    /** Of the path, with the database as it has it. */
    tenant: Tenant;
    db: Db;
    /** Runs what only lists, on a read replica where there is one. */
    listing: <T>(work: (db: Db) => Promise<T>) => Promise<T>;
  };
};

/** Whether the caller is the platform's administrator. */
export function isPlatform(caller: Caller): boolean {
  if (caller.kind === "user") return caller.session.isPlatformAdmin;
  return caller.kind === "platform";
}
