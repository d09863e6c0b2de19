/** Reading the run ledger for operators. */
import type { Queryable } from "../db/session.ts";

/** A run as operators see it. */
export interface Run {
  readonly runNo: number;
  readonly agentId: string;
  readonly runId: string;
  /** The source instance: the id of a source, or the name that a replay gave. */
  readonly instance: string;
  readonly sourceType: string;
  readonly kind: string;
  readonly outcome: string;
  readonly startedMs: number;
  readonly activeMs: number;
  readonly endedMs: number | undefined;
  readonly chunks: number;
  readonly bytes: number;
  readonly entries: number;
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly merged: number;
  readonly retracted: number;
  /** What it did not see was not there. */
  readonly isComplete: boolean;
  /** When an operator took it back. */
  readonly undoneMs: number | undefined;
  readonly errorKind: string | undefined;
  readonly errorMessage: string | undefined;
}

/** A run with what only its own page shows. */
export interface RunDetail extends Run {
  /** Reason -> count. */
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly rejectedSample: readonly unknown[];
  readonly manifest: unknown;
}

type RunRow = {
  run_no: number;
  agent_id: string;
  run_id: string;
  instance: string | null;
  source_type: string | null;
  kind: string;
  outcome: string;
  started_at: number;
  active_at: number;
  ended_at: number | null;
  chunks: number;
  bytes: number;
  entries: number;
  created: number;
  changed: number;
  unchanged: number;
  rejected: number;
  merged: number;
  retracted: number;
  is_complete: boolean;
  undone_at: number | null;
  error_kind: string | null;
  error_message: string | null;
};
const COLUMNS = `r.run_no, r.agent_id, r.run_id, i.name as instance, i.source_type, r.kind, r.outcome, r.started_at, r.active_at,
  r.ended_at, r.chunks, r.bytes, r.entries, r.created, r.changed, r.unchanged, r.rejected, r.merged, r.retracted, r.is_complete, r.undone_at, r.error_kind, r.error_message`;
const FROM = "sync.runs r left join sync.instances i using (tenant, instance_no)";

/** Which runs of a tenant are wanted. */
export interface RunFilter {
  readonly instance: string | undefined;
  readonly outcome: string | undefined;
  /** Only runs opened before this one. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** Runs, newest first. */
export async function listRuns(
  db: Queryable,
  tenant: number,
  { instance, outcome, before, limit }: RunFilter,
): Promise<readonly Run[]> {
  const { rows } = await db.query<RunRow>(
    `select ${COLUMNS} from ${FROM}
      where r.tenant = $1 and r.run_no < coalesce($2::int, 2147483647)
        and ($3::text is null
          or r.instance_no = (select instance_no from sync.instances where tenant = $1 and name = $3))
        and ($4::text is null or r.outcome = $4)
      order by r.run_no desc limit $5`,
    [tenant, before, instance, outcome, limit],
  );
  return rows.map(runOf);
}

/** The newest run of each source instance, by instance. */
export async function lastRuns(
  db: Queryable,
  tenant: number,
  instances: readonly string[],
): Promise<ReadonlyMap<string, Run>> {
  const runs = await lastRunsOfEach(db, tenant, { instances, limit: 1 });
  return new Map([...runs.values()].flat().map((run) => [run.instance, run]));
}

/** So many of the newest runs of each source instance, newest first, by instance; those of each come from the index of its runs alone. */
export async function lastRunsOfEach(
  db: Queryable,
  tenant: number,
  { instances, limit }: { readonly instances: readonly string[]; readonly limit: number },
): Promise<ReadonlyMap<string, readonly Run[]>> {
  const { rows } = await db.query<RunRow>(
    `select ${COLUMNS} from sync.instances i
      cross join lateral (select * from sync.runs
        where tenant = i.tenant and instance_no = i.instance_no order by run_no desc limit $3) r
      where i.tenant = $1 and i.name = any($2::text[])
      order by r.run_no desc`,
    [tenant, instances, limit],
  );
  return Map.groupBy(rows.map(runOf), ({ instance }) => instance);
}

/** Source instances of runs, by run number. */
export async function runSources(
  db: Queryable,
  tenant: number,
  runNos: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await db.query<{ run_no: number; name: string }>(
    `select r.run_no, i.name from sync.runs r join sync.instances i using (tenant, instance_no)
      where r.tenant = $1 and r.run_no = any($2::int[])`,
    [tenant, runNos],
  );
  return new Map(rows.map((row) => [row.run_no, row.name]));
}

/** Runs of that number, or else of that id: an original agent's one stream of several sources has one a source. */
export async function findRuns(
  db: Queryable,
  tenant: number,
  numberOrId: string,
): Promise<readonly RunDetail[]> {
  const number = /^\d{1,9}$/.test(numberOrId) ? Number(numberOrId) : null;
  const { rows } = await db.query<
    RunRow & {
      rejected_by: Record<string, number>;
      rejected_sample: unknown[];
      manifest: unknown;
    }
  >(
    `select ${COLUMNS}, r.rejected_by, r.rejected_sample, r.manifest from ${FROM}
      where r.tenant = $1 and (r.run_no = $2 or r.run_id = $3) order by r.run_no`,
    [tenant, number, numberOrId],
  );
  const runs = rows.map((row) => ({
    ...runOf(row),
    rejectedBy: row.rejected_by,
    rejectedSample: row.rejected_sample,
    manifest: row.manifest ?? undefined,
  }));
  const exact = runs.filter(({ runNo }) => runNo === number);
  return exact.length > 0 ? exact : runs;
}

function runOf(row: RunRow): Run {
  return {
    runNo: row.run_no,
    agentId: row.agent_id,
    runId: row.run_id,
    instance: row.instance ?? "",
    sourceType: row.source_type ?? "unknown",
    kind: row.kind,
    outcome: row.outcome,
    startedMs: row.started_at,
    activeMs: row.active_at,
    endedMs: row.ended_at ?? undefined,
    chunks: row.chunks,
    bytes: row.bytes,
    entries: row.entries,
    created: row.created,
    changed: row.changed,
    unchanged: row.unchanged,
    rejected: row.rejected,
    merged: row.merged,
    retracted: row.retracted,
    isComplete: row.is_complete,
    undoneMs: row.undone_at ?? undefined,
    errorKind: row.error_kind ?? undefined,
    errorMessage: row.error_message ?? undefined,
  };
}

/** When each source instance was last seen whole: the end of its newest complete full run. */
export async function lastWhole(
  db: Queryable,
  tenant: number,
  instances: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ name: string; ended_at: number }>(
    `select n.name, r.ended_at from sync.instances n
      cross join lateral (select ended_at from sync.runs
        where tenant = n.tenant and instance_no = n.instance_no and is_complete and kind = 'full' and ended_at is not null
        order by run_no desc limit 1) r
      where n.tenant = $1 and n.name = any($2::text[])`,
    [tenant, instances],
  );
  return new Map(rows.map((row) => [row.name, row.ended_at]));
}
