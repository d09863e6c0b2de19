/** SQL of how far runs are while they go on: one row a source, written by whichever gateway hears of it, read by every replica. */
import type { Queryable } from "../db/session.ts";
import { isoTime } from "../lib/clock.ts";
import type { LiveProgress } from "../model/live-progress.ts";

/** A run that nothing was heard of for so long has lost its agent, s: agents tell of a run that stands still every 30. */
const HEARD_SECONDS_MAX = 120;

/** Notes how far a run is; of a source that is not the agent's nothing is. */
export async function noteProgress(
  db: Queryable,
  tenant: number,
  { agentId, progress }: { readonly agentId: string; readonly progress: LiveProgress },
): Promise<void> {
  const { serviceId, runId, isEnded } = progress;
  if (isEnded) {
    await noteEnd(db, tenant, { agentId, progress });
    return;
  }
  await db.query(
    `insert into sync.run_progress as p (tenant, agent_id, service_id, run_id, kind, started_at, pages, fetched, streamed,
            rejected, total, waiting, waiting_until)
     select $1, agent_id, service_id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 from sync.sources
      where tenant = $1 and agent_id = $2 and service_id = $3 and deleted_at is null
     on conflict (tenant, agent_id, service_id) do update set run_id = excluded.run_id, kind = excluded.kind,
            started_at = excluded.started_at, pages = excluded.pages, fetched = excluded.fetched, streamed = excluded.streamed,
            rejected = excluded.rejected, total = excluded.total, waiting = excluded.waiting,
            waiting_until = excluded.waiting_until, told_at = now()`,
    [
      tenant,
      agentId,
      serviceId,
      runId,
      progress.kind,
      isoTime(progress.startedMs),
      progress.pages,
      progress.fetched,
      progress.streamed,
      progress.rejected,
      progress.total ?? null,
      progress.waiting?.reason ?? null,
      progress.waiting === undefined ? null : isoTime(progress.waiting.untilMs),
    ],
  );
}

/** Its agent is done with the run. What it delivered may still wait for the core: then the row stays, to be read until that is done. */
async function noteEnd(
  db: Queryable,
  tenant: number,
  { agentId, progress }: { readonly agentId: string; readonly progress: LiveProgress },
): Promise<void> {
  const { serviceId, runId, pages, fetched, streamed, rejected, total } = progress;
  const row = [tenant, agentId, serviceId, runId];
  const { count: left } = await db.query(
    `delete from sync.run_progress p where tenant = $1 and agent_id = $2 and service_id = $3 and run_id = $4
        and not exists (select from sync.inbox i
          where i.tenant = $1 and i.agent_id = $2 and i.run_id = $4 and i.parked_reason is null)
        and not exists (select from sync.runs r join sync.dirty d using (tenant, run_no)
          where r.tenant = $1 and r.agent_id = $2 and r.run_id = $4)`,
    row,
  );
  if (left > 0) return;
  await db.query(
    `update sync.run_progress set pages = $5, fetched = $6, streamed = $7, rejected = $8, total = $9, waiting = null,
            waiting_until = null, told_at = now()
      where tenant = $1 and agent_id = $2 and service_id = $3 and run_id = $4`,
    [...row, pages, fetched, streamed, rejected, total ?? null],
  );
}

/** What was told so long ago, h, is of no run: agents tell of one that stands still every 30 s. */
const FORGOTTEN_HOURS = 24;

/** Forgets runs that nobody tells of any more: their agent was lost, or their source removed. Gives how many. */
export async function forgetProgress(db: Queryable, tenant: number): Promise<number> {
  const { count } = await db.query(
    "delete from sync.run_progress where tenant = $1 and told_at < now() - $2 * interval '1 hour'",
    [tenant, FORGOTTEN_HOURS],
  );
  return count;
}

/** A run under way, from its agent to the inventory. */
export interface RunUnderWay extends LiveProgress {
  readonly agentId: string;
  /** Absent until the core has worked something of it. */
  readonly runNo: number | undefined;
  /** Entries that became records, and of these those whose devices are published. */
  readonly ingested: number;
  readonly reconciled: number;
  readonly toldMs: number;
}

type Row = {
  agent_id: string;
  service_id: string;
  run_id: string;
  run_no: number | null;
  kind: LiveProgress["kind"];
  started_at: number;
  pages: number;
  fetched: number;
  streamed: number;
  rejected: number;
  total: number | null;
  waiting: string | null;
  waiting_until: number | null;
  told_at: number;
  ingested: number;
  unpublished: number;
};

/** Runs under way, by agent and source: those that their agents tell of, and those of which the core still has something to work or to publish. */
export async function runsUnderWay(db: Queryable, tenant: number): Promise<readonly RunUnderWay[]> {
  const { rows } = await db.query<Row>(
    `with unpublished as (
       select d.run_no, sum(upper(span) - lower(span)) as records from sync.dirty d, unnest(d.records) span
        where d.tenant = $1 and d.run_no is not null group by d.run_no),
     unworked as (select distinct agent_id, run_id from sync.inbox where tenant = $1 and parked_reason is null)
     select p.agent_id, p.service_id, p.run_id, r.run_no, p.kind, p.started_at, p.pages, p.fetched, p.streamed, p.rejected,
            p.total, p.waiting, p.waiting_until, p.told_at, coalesce(r.entries - r.rejected, 0) as ingested,
            coalesce(w.records, 0) as unpublished
       from sync.run_progress p
       left join sync.instances i on i.tenant = p.tenant and i.name = p.service_id::text
       left join sync.runs r on r.tenant = p.tenant and r.agent_id = p.agent_id and r.run_id = p.run_id
             and r.instance_no = i.instance_no
       left join unpublished w on w.run_no = r.run_no
      where p.tenant = $1
        and (p.told_at > now() - $2 * interval '1 s' and coalesce(r.outcome, 'running') = 'running'
          or w.records > 0 or (p.agent_id, p.run_id) in (select agent_id, run_id from unworked))
      order by p.agent_id, p.service_id`,
    [tenant, HEARD_SECONDS_MAX],
  );
  return rows.map(underWay);
}

function underWay(row: Row): RunUnderWay {
  const { ingested, unpublished, total, waiting: reason, waiting_until: untilMs } = row;
  return {
    agentId: row.agent_id,
    serviceId: row.service_id,
    runId: row.run_id,
    runNo: row.run_no ?? undefined,
    kind: row.kind,
    startedMs: row.started_at,
    pages: row.pages,
    fetched: row.fetched,
    streamed: row.streamed,
    rejected: row.rejected,
    total: total ?? undefined,
    waiting: reason === null || untilMs === null ? undefined : { reason, untilMs },
    isEnded: false,
    ingested,
    reconciled: Math.max(0, ingested - unpublished),
    toldMs: row.told_at,
  };
}
