/** How the sources of an agent are doing: what heartbeat, progress lines and commands tell. */
import type { RunOutcome } from "../model/run-manifest.ts";
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
  pages: number;
  /** Devices read from the source, and those that the gateway has. */
  devices: number;
  sentDevices: number;
  sentChunks: number;
  sentBytes: number;
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
  readonly outcome: RunOutcome;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly pages: number;
  readonly devices: number;
  readonly rejected: number;
  readonly error?: { readonly kind: string; readonly message: string };
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
}

/** Counters at zero. */
export function startProgress(
  run: Pick<RunProgress, "runId" | "trigger" | "startedMs">,
): RunProgress {
  return {
    ...run,
    pages: 0,
    devices: 0,
    sentDevices: 0,
    sentChunks: 0,
    sentBytes: 0,
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
