import type { Queryable } from "./session.ts";

/** What the server's sessions do at one moment, as far as our user may see: ours. */
export interface Activity {
  /** Sessions and their workers that compute, or wait for a processor. */
  readonly running: number;
  /** Sessions that wait for a lock which another one has. */
  readonly lockWaiting: number;
  /** The longest of these waits so far, ms. */
  readonly lockWaitMs: number;
}

/** Looks at it; the session that looks does not count. */
export async function readActivity(db: Queryable): Promise<Activity> {
  const { rows } = await db.query<{ running: number; waiting: number; wait_ms: number }>(
    `select count(*) filter (where a.state = 'active' and a.wait_event_type is null)::int as running,
            count(*) filter (where a.wait_event_type = 'Lock')::int as waiting,
            coalesce(max(extract(epoch from clock_timestamp() - l.since) * 1000)
              filter (where a.wait_event_type = 'Lock'), 0)::int as wait_ms
       from pg_stat_activity a
       left join (select pid, min(waitstart) as since from pg_locks where not granted group by pid) l using (pid)
      where a.datname = current_database() and a.pid <> pg_backend_pid()
        and a.backend_type in ('client backend', 'parallel worker')`,
  );
  const [row] = rows;
  return {
    running: row?.running ?? 0,
    lockWaiting: row?.waiting ?? 0,
    lockWaitMs: row?.wait_ms ?? 0,
  };
}
