import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { retentionOf, type Retention } from "../model/retention.ts";

/** A tenant's settings in force. */
export async function readRetention(db: Queryable, tenant: number): Promise<Retention> {
  const { rows } = await db.query<{ settings: Record<string, unknown> }>(
    "select settings from sync.retention where tenant = $1",
    [tenant],
  );
  return retentionOf(rows[0]?.settings ?? {});
}

/** The same, which nobody changes until the transaction ends. */
export async function lockRetention(open: Tx, tenant: number): Promise<Retention> {
  // A tenant that never set anything has no row to be locked.
  await open.query(
    "insert into sync.retention (tenant, settings) values ($1, '{}') on conflict do nothing",
    [tenant],
  );
  await open.query("select from sync.retention where tenant = $1 for update", [tenant]);
  return await readRetention(open, tenant);
}

/** Sets what was checked; settings that are not named stay as they are. */
export async function writeRetention(
  db: Queryable,
  tenant: number,
  change: Readonly<Record<string, number>>,
): Promise<void> {
  await db.query(
    `insert into sync.retention as r (tenant, settings) values ($1, $2)
     on conflict (tenant) do update set settings = (r.settings::jsonb || excluded.settings::jsonb)::json`,
    [tenant, change],
  );
}
