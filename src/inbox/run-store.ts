/** SQL of the run ledger: one row a run of a source instance. Written by the tenant's lease owner alone. */
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
  run: RunKey & { readonly runNo: number; readonly startedMs: number; readonly kind: string },
): Promise<void> {
  await tx.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at)
     values ($1, $2, $3, $4, $5, $6, $7, now())`,
    [tenant, run.runNo, run.agentId, run.runId, run.instanceNo, run.kind, isoTime(run.startedMs)],
  );
}

/** What chunks added to a run. */
export interface RunProgress {
  readonly runNo: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly entries: number;
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
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
            created = created + $6, changed = changed + $7, unchanged = unchanged + $8, rejected = rejected + $9
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
  readonly kind: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly manifest?: unknown;
  readonly errorKind?: string | undefined;
  readonly errorMessage?: string | undefined;
}

/** Closes a run. */
export async function endRun(tx: Tx, tenant: number, end: RunEnd): Promise<void> {
  await tx.query(
    `update sync.runs set outcome = $3, kind = $4, started_at = $5, ended_at = $6, manifest = $7, error_kind = $8,
            error_message = $9, active_at = now() where tenant = $1 and run_no = $2`,
    [
      tenant,
      end.runNo,
      end.outcome,
      end.kind,
      isoTime(end.startedMs),
      isoTime(end.endedMs),
      end.manifest,
      end.errorKind,
      end.errorMessage,
    ],
  );
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

/** Hashes of the chunks of a run that were worked, by chunk index. */
export async function workedDigests(
  tx: Tx,
  tenant: number,
  { agentId, runId }: Pick<RunKey, "agentId" | "runId">,
): Promise<ReadonlyMap<number, string>> {
  const { rows } = await tx.query<{ chunk_index: number; sha256: Buffer }>(
    `select chunk_index, sha256 from sync.ledger
      where tenant = $1 and agent_id = $2 and run_id = $3 and chunk_index >= 0 and worked_at is not null`,
    [tenant, agentId, runId],
  );
  return new Map(rows.map((row) => [row.chunk_index, row.sha256.toString("hex")]));
}
