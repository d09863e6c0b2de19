import type { Queryable } from "../db/session.ts";
import { retentionOf, type Retention } from "../model/retention.ts";

/** A tenant's settings in force. */
export async function readRetention(db: Queryable, tenant: number): Promise<Retention> {
  const { rows } = await db.query<{ settings: Record<string, unknown> }>(
    "select settings from sync.retention where tenant = $1",
    [tenant],
  );
  return retentionOf(rows[0]?.settings ?? {});
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
