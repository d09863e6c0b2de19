/** Log-ins in the audit of the platform: who came in, how and from where, and who was not let in. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { audit, auditAlone, PLATFORM_TENANT } from "./audit.ts";

/** By what somebody logs in. */
export type LogInWay = "password" | "link" | "oidc" | "set_up";

/** Days that log-ins stay in the audit: a year and the month in which somebody looks back at it. The platform's other entries stay. */
const KEPT_DAYS = 400;
/** Entries that one clean-up removes at most, so that no transaction is long. */
const FORGET_MAX = 10_000;

/** Removes log-ins that are older than they are kept. */
export async function forgetLogIns(people: Queryable): Promise<void> {
  while ((await forgetSome(people)) === FORGET_MAX);
}

async function forgetSome(people: Queryable): Promise<number> {
  const { count } = await people.query(
    `delete from sync.audit where ctid = any(array(
       select ctid from sync.audit
        where tenant = $1 and action in ('login.begin', 'login.refuse') and at < now() - $2 * interval '1 day'
        order by audit_no limit $3))`,
    [PLATFORM_TENANT, KEPT_DAYS, FORGET_MAX],
  );
  return count;
}

interface Came {
  readonly by: LogInWay;
  readonly address: string;
}

/** Notes that a session began. */
export async function auditLogIn(
  people: Tx,
  username: string,
  { by, address }: Came,
): Promise<void> {
  const actor = `user:${username}`;
  const entry = { tenant: PLATFORM_TENANT, actor, action: "login.begin", subject: username };
  await audit(people, { ...entry, after: { by, address } });
}

/** What stands for a name that nobody has: it may be a password, typed into the wrong field. */
const UNKNOWN = "unknown";

/** Notes that somebody was not let in. `username`: of a user there is; undefined: nobody's. */
export async function auditRefusedLogIn(
  people: Queryable,
  username: string | undefined,
  { by, address, why }: Came & { readonly why: string },
): Promise<void> {
  const subject = username ?? UNKNOWN;
  const entry = { tenant: PLATFORM_TENANT, actor: "nobody", action: "login.refuse", subject };
  await auditAlone(people, { ...entry, after: { by, address, why } });
}
