/** SQL of the run ledger: one row a run of a source instance. Written by the tenant's lease owner alone. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";

/** What names a run: an agent's run id, of one source instance. */
export interface RunKey {
  readonly agentId: string;
  readonly runId: string;
  readonly instanceNo: number;
}

/** Number of a run that is known already. */
export async function findRun(
  tx: Tx,
  tenant: number,
  { agentId, runId, instanceNo }: RunKey,
): Promise<number | undefined> {
  const { rows } = await tx.query<{ run_no: number }>(
    "select run_no from sync.runs where tenant = $1 and agent_id = $2 and run_id = $3 and instance_no = $4",
    [tenant, agentId, runId, instanceNo],
  );
  return rows[0]?.run_no;
}

/** Opens a run's row. */
export async function openRun(
  tx: Tx,
  tenant: number,
  run: RunKey & {
    readonly runNo: number;
    readonly partitionNo: number;
    readonly startedMs: number;
    readonly kind: string;
  },
): Promise<void> {
  await tx.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, partition_no, kind, started_at, active_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, now())`,
    [
      tenant,
      run.runNo,
      run.agentId,
      run.runId,
      run.instanceNo,
      run.partitionNo,
      run.kind,
      isoTime(run.startedMs),
    ],
  );
}

/** What chunks added to a run. */
export interface RunProgress {
  readonly runNo: number;
  /** Number of the batch. */
  readonly seq: number;
  /** Latest event time of its entries; undefined where none could be used. */
  readonly eventMs: number | undefined;
  readonly chunks: number;
  readonly bytes: number;
  readonly entries: number;
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Records that the source itself took back. */
  readonly retracted: number;
  readonly rejected: number;
  readonly rejectedBy: ReadonlyMap<string, number>;
  readonly rejectedSample: readonly unknown[];
}

/** Rejected entries kept of one run for the operator to look at. */
const REJECTED_SAMPLE_MAX = 20;

/** Adds to a run's counters. */
export async function addProgress(tx: Tx, tenant: number, progress: RunProgress): Promise<void> {
  const { rows } = await tx.query<{
    rejected_by: Record<string, number>;
    rejected_sample: unknown[];
  }>(
    `update sync.runs set active_at = now(), chunks = chunks + $3, bytes = bytes + $4, entries = entries + $5,
            created = created + $6, changed = changed + $7, unchanged = unchanged + $8, rejected = rejected + $9,
            retracted = retracted + $10, first_seq = case when first_seq = 0 then $11 else first_seq end, last_seq = $11,
            event_at = greatest(event_at, $12)
      where tenant = $1 and run_no = $2 returning rejected_by, rejected_sample`,
    [
      tenant,
      progress.runNo,
      progress.chunks,
      progress.bytes,
      progress.entries,
      progress.created,
      progress.changed,
      progress.unchanged,
      progress.rejected,
      progress.retracted,
      progress.seq,
      progress.eventMs === undefined ? null : isoTime(progress.eventMs),
    ],
  );
  const [row] = rows;
  if (row === undefined || progress.rejected === 0) return;
  const rejectedBy = { ...row.rejected_by };
  for (const [reason, count] of progress.rejectedBy) {
    rejectedBy[reason] = (rejectedBy[reason] ?? 0) + count;
  }
  const sample = [...row.rejected_sample, ...progress.rejectedSample].slice(0, REJECTED_SAMPLE_MAX);
  await tx.query(
    "update sync.runs set rejected_by = $3, rejected_sample = $4 where tenant = $1 and run_no = $2",
    [tenant, progress.runNo, rejectedBy, JSON.stringify(sample)],
  );
}

/** How a run ended. */
export interface RunEnd {
  readonly runNo: number;
  readonly outcome: "success" | "partial" | "failed" | "timeout";
  readonly isComplete: boolean;
  readonly kind: string;
  /** Absent: what the row says stands. */
  readonly startedMs?: number;
  readonly endedMs: number;
  readonly manifest?: unknown;
  readonly chunksSha256?: Buffer;
  readonly errorKind?: string | undefined;
  readonly errorMessage?: string | undefined;
}

/** Closes a run. */
export async function endRun(tx: Tx, tenant: number, end: RunEnd): Promise<void> {
  await tx.query(
    `update sync.runs set outcome = $3, kind = $4, started_at = coalesce($5, started_at), ended_at = $6, manifest = $7,
            error_kind = $8, error_message = $9, is_complete = $10, chunks_sha256 = $11, active_at = now()
      where tenant = $1 and run_no = $2`,
    [
      tenant,
      end.runNo,
      end.outcome,
      end.kind,
      end.startedMs === undefined ? null : isoTime(end.startedMs),
      isoTime(end.endedMs),
      end.manifest,
      end.errorKind,
      end.errorMessage,
      end.isComplete,
      end.chunksSha256,
    ],
  );
}

/** How runs stand. */
export async function outcomesOf(
  tx: Tx,
  tenant: number,
  runNos: readonly number[],
): Promise<readonly string[]> {
  if (runNos.length === 0) return [];
  const { rows } = await tx.query<{ outcome: string }>(
    "select outcome from sync.runs where tenant = $1 and run_no = any($2::int[]) order by run_no",
    [tenant, runNos],
  );
  return rows.map(({ outcome }) => outcome);
}

/** Adds to the count of devices that a run merged. */
export async function addMerged(
  tx: Tx,
  tenant: number,
  { runNo, merged }: { readonly runNo: number; readonly merged: number },
): Promise<void> {
  await tx.query("update sync.runs set merged = merged + $3 where tenant = $1 and run_no = $2", [
    tenant,
    runNo,
    merged,
  ]);
}

/** What arrived of an agent's run, over all its sources: hashes of the worked chunks, their entries, and those rejected. */
export async function arrivedOf(
  tx: Tx,
  tenant: number,
  { agentId, runId }: Pick<RunKey, "agentId" | "runId">,
): Promise<{
  readonly digests: ReadonlyMap<number, string>;
  readonly entries: number;
  readonly rejected: number;
}> {
  const { rows } = await tx.query<{ chunk_index: number; sha256: Buffer; entries: number | null }>(
    `select chunk_index, sha256, entries from sync.ledger
      where tenant = $1 and agent_id = $2 and run_id = $3 and chunk_index >= 0 and worked_at is not null`,
    [tenant, agentId, runId],
  );
  const { rows: counted } = await tx.query<{ rejected: number }>(
    `select coalesce(sum(rejected), 0) as rejected from sync.runs
      where tenant = $1 and agent_id = $2 and run_id = $3`,
    [tenant, agentId, runId],
  );
  return {
    digests: new Map(rows.map((row) => [row.chunk_index, row.sha256.toString("hex")])),
    entries: rows.reduce((total, { entries }) => total + (entries ?? 0), 0),
    rejected: counted[0]?.rejected ?? 0,
  };
}

/** Runs of an agent's run id that have not ended; there is one a source. */
export async function openRunsOf(
  tx: Tx,
  tenant: number,
  { agentId, runId }: Pick<RunKey, "agentId" | "runId">,
): Promise<
  readonly { readonly runNo: number; readonly instance: string; readonly rejected: number }[]
> {
  const { rows } = await tx.query<{ run_no: number; name: string | null; rejected: number }>(
    `select r.run_no, i.name, r.rejected from sync.runs r left join sync.instances i using (tenant, instance_no)
      where r.tenant = $1 and r.agent_id = $2 and r.run_id = $3 and r.outcome in ('running', 'timeout')`,
    [tenant, agentId, runId],
  );
  return rows.map((row) => ({
    runNo: row.run_no,
    instance: row.name ?? "",
    rejected: row.rejected,
  }));
}

/**
 * Ends runs that nothing was heard of for so long: neither a chunk nor the manifest, nor how far they are. What of them waits in
 * the inbox is something heard. A manifest that comes after all is judged like any other.
 */
export async function timeOutRuns(
  db: Queryable,
  tenant: number,
  { quietMinutes }: { readonly quietMinutes: number },
): Promise<readonly number[]> {
  const { rows } = await db.query<{ run_no: number }>(
    `update sync.runs r set outcome = 'timeout', ended_at = now(), error_kind = 'timeout',
            error_message = 'neither a chunk nor the end of the run arrived for ' || $2 || ' minutes'
      where r.tenant = $1 and r.outcome = 'running' and r.active_at < now() - $2 * interval '1 minute'
        and not exists (select from sync.inbox i
          where i.tenant = r.tenant and i.agent_id = r.agent_id and i.run_id = r.run_id and i.parked_reason is null)
        and not exists (select from sync.run_progress p
          where p.tenant = r.tenant and p.agent_id = r.agent_id and p.run_id = r.run_id
            and p.told_at > now() - $2 * interval '1 minute')
      returning r.run_no`,
    [tenant, quietMinutes],
  );
  return rows.map((row) => row.run_no);
}

/** Runs of an agent's run id that were closed by their manifest with something missing. */
export async function incompleteRuns(
  tx: Tx,
  tenant: number,
  { agentId, runId }: Pick<RunKey, "agentId" | "runId">,
): Promise<
  readonly {
    readonly runNo: number;
    readonly manifest: { readonly outcome: string; readonly devices: number };
    readonly chunksSha256: Buffer;
  }[]
> {
  const { rows } = await tx.query<{
    run_no: number;
    manifest: { outcome: string; devices: number };
    chunks_sha256: Buffer;
  }>(
    `select run_no, manifest, chunks_sha256 from sync.runs
      where tenant = $1 and agent_id = $2 and run_id = $3 and error_kind = 'incomplete' and chunks_sha256 is not null`,
    [tenant, agentId, runId],
  );
  return rows.map((row) => ({
    runNo: row.run_no,
    manifest: row.manifest,
    chunksSha256: row.chunks_sha256,
  }));
}

/** Nothing of the run is missing any more. */
export async function mendRun(tx: Tx, tenant: number, runNo: number): Promise<void> {
  await tx.query(
    `update sync.runs set outcome = 'success', is_complete = true, error_kind = null, error_message = null
      where tenant = $1 and run_no = $2`,
    [tenant, runNo],
  );
}
