import { pause, type Clock } from "../lib/clock.ts";
import { formatGoDuration } from "../lib/duration.ts";
import type { Log } from "../lib/log.ts";
import { devicesPerSecond, type RunProgress, type SourceStatus } from "./source-status.ts";

/** How often progress is told: to people who watch, and to a log that is kept. */
const TERMINAL_EVERY_MS = 2_000;
const LOG_EVERY_MS = 10_000;

/** Tells how every run in flight is doing, until the signal aborts; nothing while nothing runs. */
export async function tellProgress(options: {
  readonly statuses: () => readonly SourceStatus[];
  readonly isTerminal: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { statuses, isTerminal, clock, log, signal } = options;
  const everyMs = isTerminal ? TERMINAL_EVERY_MS : LOG_EVERY_MS;
  for (await pause(clock, everyMs, signal); !signal.aborted; await pause(clock, everyMs, signal)) {
    for (const { name, run } of statuses()) {
      if (run === undefined) continue;
      log.info({ source: name, ...progressFields(run, clock.now()) }, "sync progress");
    }
  }
}

/** The numbers of a progress line. */
export function progressFields(
  run: RunProgress,
  nowMs: number,
): Readonly<Record<string, string | number>> {
  const perSecond = devicesPerSecond(run, nowMs);
  const total = run.sourceTotal;
  const left = total === undefined ? 0 : total - run.devices;
  const wait = run.gatewayWait ?? run.sourceWait;
  return {
    run_id: run.runId,
    kind: run.kind,
    pages: run.pages,
    devices: run.devices,
    sent: run.sentDevices,
    devices_per_sec: perSecond,
    ...(total === undefined ? {} : { total }),
    ...(left > 0 && perSecond > 0 ? { eta: seconds((left * 1_000) / perSecond) } : {}),
    ...(run.rejected > 0 ? { rejected: run.rejected } : {}),
    ...(wait === undefined ? {} : { waiting: waitingText(wait, nowMs) }),
  };
}

/** "rate limited 12s" */
function waitingText(
  { reason, untilMs }: NonNullable<RunProgress["sourceWait"]>,
  nowMs: number,
): string {
  return `${reason.replaceAll("_", " ")} ${seconds(untilMs - nowMs)}`;
}

function seconds(ms: number): string {
  return formatGoDuration(Math.max(0, Math.ceil(ms / 1_000)) * 1_000);
}
