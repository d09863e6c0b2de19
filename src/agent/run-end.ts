/** What a run that is over amounts to: its outcome, its manifest, and whether it is worth trying again soon. Pure. */
import { messageOf, SyncError, type Retry } from "../lib/errors.ts";
import { retryOf } from "../lib/retry.ts";
import type { RunManifest, RunOutcome } from "../model/run-manifest.ts";
import { diagnose } from "./diagnosis.ts";
import type { Delivered } from "./outbox.ts";
import type { LastRun, RunProgress } from "./source-status.ts";

/** Why a run broke off. */
export interface RunFailure {
  /** A code of SOURCE_ERRORS or of another SyncError; "internal" for a bug of ours. */
  readonly kind: string;
  readonly message: string;
  readonly retry: Retry;
}

/** The failure that something thrown means. A run that was told to stop is cancelled, whatever broke first because of that. */
export function failureOf(thrown: unknown, cancel: AbortSignal): RunFailure {
  if (cancel.aborted) {
    return { kind: "cancelled", message: messageOf(cancel.reason), retry: "permanent" };
  }
  const kind = thrown instanceof SyncError ? thrown.code : "internal";
  return { kind, message: diagnose(thrown), retry: retryOf(thrown) };
}

/**
 * The failure of a run that was taken up after a restart. A chunk that differs from what the gateway has under its number means
 * that the source changed while nobody read it: a new run will do.
 */
export function failureOfTakenUp(failure: RunFailure): RunFailure {
  if (failure.kind !== "invalid_argument") return failure;
  const message = `the source changed while the agent was away, so a new run begins (${failure.message})`;
  return { kind: "superseded", message, retry: "transient" };
}

/** `partial` where some devices got through, and something is missing all the same. */
function outcomeOf(facts: {
  readonly failure: RunFailure | undefined;
  readonly delivered: number;
  readonly rejected: number;
}): RunOutcome {
  if (facts.failure !== undefined) return facts.delivered > 0 ? "partial" : "failed";
  return facts.rejected > 0 ? "partial" : "success";
}

/** What a manifest is put together from. */
export interface EndedRun {
  readonly serviceId: string;
  readonly progress: RunProgress;
  readonly delivered: Delivered;
  readonly rejected: Readonly<Record<string, number>>;
  readonly failure: RunFailure | undefined;
  readonly endedMs: number;
}

/** The run's manifest: only chunks that the gateway has are listed, so that the core can find all of them. */
export function manifestOf(run: EndedRun): RunManifest {
  const { progress, delivered, failure, rejected, serviceId, endedMs } = run;
  const counts = { failure, delivered: delivered.entries, rejected: progress.rejected };
  return {
    runId: progress.runId,
    serviceId,
    kind: progress.kind,
    outcome: outcomeOf(counts),
    startedMs: progress.startedMs,
    endedMs,
    pages: progress.pages,
    ...(progress.sourceTotal === undefined ? {} : { sourceTotal: progress.sourceTotal }),
    devices: delivered.entries,
    chunks: delivered.chunks.map((sha256) => ({ sha256 })),
    rejected,
    ...errorOf(failure),
  };
}

/** The run as its source's status remembers it. */
export function lastRunOf(run: Omit<EndedRun, "serviceId" | "rejected">): LastRun {
  const { progress, delivered, failure, endedMs } = run;
  const counts = { failure, delivered: delivered.entries, rejected: progress.rejected };
  return {
    runId: progress.runId,
    kind: progress.kind,
    outcome: outcomeOf(counts),
    startedMs: progress.startedMs,
    endedMs,
    pages: progress.pages,
    devices: delivered.entries,
    rejected: progress.rejected,
    ...errorOf(failure),
  };
}

function errorOf(failure: RunFailure | undefined): Pick<LastRun, "error"> {
  if (failure === undefined) return {};
  return { error: { kind: failure.kind, message: failure.message } };
}
