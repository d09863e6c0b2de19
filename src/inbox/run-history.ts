/** Forgetting runs. What is forgotten can no longer be verified or undone; what it brought stays. */
import type { Db } from "../db/pool.ts";

/** What is forgotten, by age in days, so many rows a transaction. */
export interface HistoryLimits {
  readonly runDays: number;
  readonly journalDays: number;
  readonly batch: number;
}

/**
 * Forgets old runs but for the newest of each instance, with what was noted of them, old hashes of worked chunks, and old
 * evidence. Gives how many rows went. Safe beside a working tenant: nothing that is under way is old.
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
    [WEIGHTS, runDays],
    [RETRACTIONS, runDays],
    [UNDOS, runDays],
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

// What was noted of runs that are gone. A weight has no age of its own: it is written after its run.
const WEIGHTS = `delete from sync.run_weights where ctid = any(array(
  select w.ctid from sync.run_weights w
   where w.tenant = $1 and $2::int is not null
     and not exists (select from sync.runs r where r.tenant = w.tenant and r.run_no = w.run_no) limit $3))`;
const RETRACTIONS = `delete from sync.retractions where ctid = any(array(
  select o.ctid from sync.retractions o
   where o.tenant = $1 and o.created_at < now() - $2 * interval '1 day' and o.state in ('done', 'passed')
     and not exists (select from sync.runs r where r.tenant = o.tenant and r.run_no = o.run_no) limit $3))`;
const UNDOS = `delete from sync.run_undos where ctid = any(array(
  select u.ctid from sync.run_undos u
   where u.tenant = $1 and u.started_at < now() - $2 * interval '1 day' and u.state in ('done', 'redone')
     and not exists (select from sync.runs r where r.tenant = u.tenant and r.run_no = u.run_no) limit $3))`;
