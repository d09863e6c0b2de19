/** Forgetting runs. What is forgotten can no longer be verified or undone; what it brought stays. */
import type { Db } from "../db/pool.ts";

/** What is forgotten, by age in days, so many rows a transaction. */
export interface HistoryLimits {
  readonly runDays: number;
  readonly journalDays: number;
  readonly batch: number;
}

/**
 * Forgets old runs but for the newest of each instance, old hashes of worked chunks, and old evidence. Gives how many rows
 * went. Safe beside a working tenant: nothing that is under way is old.
 */
export async function forgetRuns(
  db: Db,
  tenant: number,
  { runDays, journalDays, batch }: HistoryLimits,
): Promise<number> {
  let gone = 0;
  for (const [sql, days] of [
    [EVIDENCE, journalDays],
    [JOURNAL, journalDays],
    [UNDONE, journalDays],
    [HASHES, runDays],
    [RUNS, runDays],
  ] as const) {
    let count = batch;
    while (count === batch) {
      ({ count } = await db.query(sql, [tenant, days, batch]));
      gone += count;
    }
  }
  return gone;
}

const EVIDENCE = `delete from sync.run_seen where ctid = any(array(
  select s.ctid from sync.run_seen s join sync.runs r using (tenant, run_no)
   where s.tenant = $1 and r.active_at < now() - $2 * interval '1 day' limit $3))`;
const JOURNAL = `delete from sync.run_journal where ctid = any(array(
  select j.ctid from sync.run_journal j join sync.runs r using (tenant, run_no)
   where j.tenant = $1 and r.active_at < now() - $2 * interval '1 day' limit $3))`;
const UNDONE = `delete from sync.undo_records where ctid = any(array(
  select e.ctid from sync.undo_records e join sync.run_undos u using (tenant, undo_no)
   where e.tenant = $1 and u.started_at < now() - $2 * interval '1 day' limit $3))`;
const HASHES = `delete from sync.ledger where ctid = any(array(
  select ctid from sync.ledger
   where tenant = $1 and received_at < now() - $2 * interval '1 day' and worked_at is not null limit $3))`;
const RUNS = `delete from sync.runs where ctid = any(array(
  select ctid from sync.runs r
   where tenant = $1 and active_at < now() - $2 * interval '1 day' and outcome <> 'running'
     and exists (select from sync.runs newer
       where newer.tenant = r.tenant and newer.instance_no = r.instance_no and newer.run_no > r.run_no) limit $3))`;
