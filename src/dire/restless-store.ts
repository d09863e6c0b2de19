import type { Queryable } from "../db/session.ts";
import { FLAPS_MIN, MOVE_DAYS, TODAY } from "./quality-store.ts";

/** Days without a move after which what flapped is at rest: a source that is pulled once a day has moved it within them, if at all. */
const RESTLESS_DAYS = 1;

/**
 * How many records and values of each tenant flap and have moved since yesterday: what an alert is about, which shall end some time
 * after the cause does. Reads the moves of MOVE_DAYS, of which there are few where identities are well.
 */
export async function countRestless(
  db: Queryable,
): Promise<readonly { slug: string; records: number; values: number }[]> {
  const restless = (table: string, what: string): string =>
    `select tenant, count(*) as n from (
       select tenant from ${table} where day >= ${TODAY} - $1::int
        group by tenant, ${what} having sum(moves) >= $2 and max(day) >= ${TODAY} - $3::int) w group by tenant`;
  const { rows } = await db.query<{ slug: string; records: number; values: number }>(
    `select t.slug, coalesce(r.n, 0) as records, coalesce(v.n, 0) as values
       from sync.tenants t
       left join (${restless("sync.record_moves", "record_no")}) r using (tenant)
       left join (${restless("sync.value_moves", "partition_no, type, value")}) v using (tenant)`,
    [MOVE_DAYS, FLAPS_MIN, RESTLESS_DAYS],
  );
  return rows;
}
