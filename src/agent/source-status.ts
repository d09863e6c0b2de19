/** How the sources of an agent are doing: what heartbeat, progress lines and commands tell. */
import type { RunKind, RunOutcome } from "../model/run-manifest.ts";
import type { SourceWait } from "../sources/source.ts";
import type { Trigger } from "./schedule.ts";

/** Why a run does not move at the moment, and until when. */
export interface Waiting {
  /** The source's API makes us wait, or failed; the gateway is away, or asks us to wait. */
  readonly reason: "rate_limited" | "retry" | "gateway_away" | "gateway_busy";
  readonly untilMs: number;
}

/** Counters of the run in flight; its run writes them, everybody else reads. */
export interface RunProgress {
  readonly runId: string;
  readonly trigger: Trigger;
  readonly startedMs: number;
  /** A delta reads what changed; it becomes full where the source cannot tell. */
  kind: RunKind;
  pages: number;
  /** Devices read from the source, and those that the gateway has. */
  devices: number;
  sentDevices: number;
  sentChunks: number;
  sentBytes: number;
  /** Chunks on their way, which no gateway has acknowledged yet. */
  inFlightChunks: number;
  /** Answers of the source's API by HTTP status; "none": there was none. */
  readonly answers: Record<string, number>;
  /** For how long the source wanted to be left alone, and until when. */
  rateLimitedMs: number;
  rateLimitedUntilMs: number;
  rejected: number;
  sourceTotal: number | undefined;
  sourceWait: Waiting | undefined;
  gatewayWait: Waiting | undefined;
  /** Bytes of device updates in memory, now and at most. */
  heldBytes: number;
  heldBytesMax: number;
}

/** How the last run ended. */
export interface LastRun {
  readonly runId: string;
  readonly kind: RunKind;
  readonly outcome: RunOutcome;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly pages: number;
  readonly devices: number;
  readonly rejected: number;
  readonly error?: { readonly kind: string; readonly message: string };
}

/** What all runs of a source since the agent started add up to, the one in flight left out. */
export interface SourceTotals {
  readonly byOutcome: Readonly<Record<RunOutcome, number>>;
  readonly pages: number;
  /** Devices that were read, and those that the gateway has. */
  readonly devices: number;
  readonly sentDevices: number;
  readonly sentChunks: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly rateLimitedMs: number;
  readonly rejected: number;
  readonly lastSuccessMs?: number | undefined;
}

/** Before the first run. */
export const NO_RUNS: SourceTotals = {
  byOutcome: { success: 0, partial: 0, failed: 0, timeout: 0 },
  pages: 0,
  devices: 0,
  sentDevices: 0,
  sentChunks: 0,
  answers: {},
  rateLimitedMs: 0,
  rejected: 0,
};

/** With one more run, which is over. */
export function addRun(
  totals: SourceTotals,
  { outcome, endedMs }: LastRun,
  run: RunProgress,
): SourceTotals {
  return {
    byOutcome: { ...totals.byOutcome, [outcome]: totals.byOutcome[outcome] + 1 },
    ...withProgress(totals, run),
    lastSuccessMs: outcome === "success" ? endedMs : totals.lastSuccessMs,
  };
}

/** What has moved so far, the run in flight included. */
export function withProgress(
  totals: SourceTotals,
  run: RunProgress | undefined,
): Omit<SourceTotals, "byOutcome" | "lastSuccessMs"> {
  return {
    pages: totals.pages + (run?.pages ?? 0),
    devices: totals.devices + (run?.devices ?? 0),
    sentDevices: totals.sentDevices + (run?.sentDevices ?? 0),
    sentChunks: totals.sentChunks + (run?.sentChunks ?? 0),
    answers: sumOf(totals.answers, run?.answers ?? {}),
    rateLimitedMs: totals.rateLimitedMs + (run?.rateLimitedMs ?? 0),
    rejected: totals.rejected + (run?.rejected ?? 0),
  };
}

function sumOf(
  some: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...some };
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Counts an answer of the source's API. */
export function noteAnswer({ answers }: RunProgress, status: number | undefined): void {
  const code = status === undefined ? "none" : String(status);
  answers[code] = (answers[code] ?? 0) + 1;
}

/** The source is left alone so long. Requests side by side wait for the same, which counts once. */
export function noteWait(progress: RunProgress, { reason, ms }: SourceWait, nowMs: number): void {
  const untilMs = nowMs + ms;
  progress.sourceWait = { reason, untilMs };
  if (reason !== "rate_limited") return;
  progress.rateLimitedMs += Math.max(0, untilMs - Math.max(nowMs, progress.rateLimitedUntilMs));
  progress.rateLimitedUntilMs = Math.max(untilMs, progress.rateLimitedUntilMs);
}

/** `backoff`: failed for now, and will be tried again soon. `failed`: needs somebody, or the next interval. */
export type SourceState = "idle" | "running" | "backoff" | "failed";

/** One source as it stands. */
export interface SourceStatus {
  readonly name: string;
  readonly type: string;
  readonly serviceId?: string | undefined;
  readonly state: SourceState;
  readonly run?: RunProgress | undefined;
  readonly lastRun?: LastRun | undefined;
  /** Absent where nothing is planned. */
  readonly nextDueMs?: number | undefined;
  /** Runs since the agent started, and ticks that fell into one. */
  readonly runs: number;
  readonly skipped: number;
  readonly totals: SourceTotals;
}

/** Counters at zero. */
export function startProgress(
  run: Pick<RunProgress, "runId" | "trigger" | "startedMs">,
): RunProgress {
  return {
    ...run,
    kind: "full",
    pages: 0,
    devices: 0,
    sentDevices: 0,
    sentChunks: 0,
    sentBytes: 0,
    inFlightChunks: 0,
    answers: {},
    rateLimitedMs: 0,
    rateLimitedUntilMs: 0,
    rejected: 0,
    sourceTotal: undefined,
    sourceWait: undefined,
    gatewayWait: undefined,
    heldBytes: 0,
    heldBytesMax: 0,
  };
}

/** Devices read in a second, on the average of the run. */
export function devicesPerSecond({ devices, startedMs }: RunProgress, nowMs: number): number {
  return Math.round((devices * 1_000) / Math.max(1, nowMs - startedMs));
}

/** What a source's circumstances make of it. A run that was cancelled is nobody's failure. */
export function sourceState(facts: {
  readonly isRunning: boolean;
  readonly isRetryPlanned: boolean;
  readonly lastRun: LastRun | undefined;
}): SourceState {
  if (facts.isRunning) return "running";
  if (facts.isRetryPlanned) return "backoff";
  const kind = facts.lastRun?.error?.kind;
  return kind === undefined || kind === "cancelled" ? "idle" : "failed";
}
