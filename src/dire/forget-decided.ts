/** What operators were shown goes by age: rehearsals that ended, and holds that were decided. */
import type { Db } from "../db/pool.ts";
import type { Retention } from "../model/retention.ts";

/**
 * Removes them, so many rows a transaction; gives how many went. The newest of each kind stays: the next one's number follows its
 * own, and the audit names both by theirs.
 */
export async function forgetDecided(
  db: Db,
  tenant: number,
  { rehearsal_days, hold_days, batch_size }: Retention,
): Promise<number> {
  let gone = 0;
  for (const [sql, days] of [
    [REHEARSALS, rehearsal_days],
    [HOLDS, hold_days],
  ] as const) {
    let count = batch_size;
    while (count === batch_size) {
      ({ count } = await db.query(sql, [tenant, days, batch_size]));
      gone += count;
    }
  }
  return gone;
}

const REHEARSALS = `with old as (
    select rehearsal_no from sync.rehearsals
     where tenant = $1 and ended_at < now() - $2 * interval '1 day'
       and rehearsal_no < (select max(rehearsal_no) from sync.rehearsals where tenant = $1)
     order by rehearsal_no limit $3),
  rows as (delete from sync.rehearsal_rows r using old where r.tenant = $1 and r.rehearsal_no = old.rehearsal_no)
  delete from sync.rehearsals r using old where r.tenant = $1 and r.rehearsal_no = old.rehearsal_no`;
const HOLDS = `delete from sync.holds h using (
    select hold_no from sync.holds
     where tenant = $1 and ended_at < now() - $2 * interval '1 day'
       and hold_no < (select max(hold_no) from sync.holds where tenant = $1)
     order by hold_no limit $3) old
  where h.tenant = $1 and h.hold_no = old.hold_no`;
