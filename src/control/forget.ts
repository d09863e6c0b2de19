/**
 * What of the control plane is forgotten by age: commands that ended, enrolment tokens that nobody can use any more, and the audit,
 * which is kept longest of all.
 */
import type { Db } from "../db/pool.ts";
import type { Retention } from "../model/retention.ts";

/**
 * Removes them, so many rows a transaction; gives how many went. A command that was never answered has expired long before: its time to
 * live is minutes. What was done with either stands in the audit.
 */
export async function forgetControl(
  db: Db,
  tenant: number,
  { command_days, enrolment_token_days, audit_days, batch_size }: Retention,
): Promise<number> {
  let gone = 0;
  for (const [sql, days] of [
    [COMMANDS, command_days],
    [TOKENS, enrolment_token_days],
    [AUDIT, audit_days],
  ] as const) {
    let count = batch_size;
    while (count === batch_size) {
      ({ count } = await db.query(sql, [tenant, days, batch_size]));
      gone += count;
    }
  }
  return gone;
}

const COMMANDS = `delete from sync.commands where ctid = any(array(
  select ctid from sync.commands where tenant = $1 and created_at < now() - $2 * interval '1 day' limit $3))`;
const TOKENS = `delete from sync.enrolment_tokens where ctid = any(array(
  select ctid from sync.enrolment_tokens where tenant = $1 and expires_at < now() - $2 * interval '1 day' limit $3))`;
const AUDIT = `delete from sync.audit where ctid = any(array(
  select ctid from sync.audit where tenant = $1 and at < now() - $2 * interval '1 day' order by audit_no limit $3))`;
