import { pause, type Clock } from "../lib/clock.ts";
import { formatProgress, PROGRESS_TYPE } from "../model/live-progress.ts";
import type { ControlStreamRequest, Draft } from "../wire/messages.ts";
import type { RunProgress, SourceStatus } from "./source-status.ts";

/** How often it is looked at how far runs are, ms: what has changed is told, once a second and source at most. */
const TELL_MS = 1_000;
/** A run that stands still is told again after so many looks: the core takes one it hears nothing of for two minutes for gone. */
const STILL_TICKS_MAX = 30;

/** What is told, and how. */
export interface LiveTelling {
  readonly statuses: () => readonly SourceStatus[];
  readonly push: (message: Draft<ControlStreamRequest>) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type Told = { readonly run: RunProgress; readonly text: string; ticks: number };

/** Tells a core how far every run in flight is, and when one has ended, until the signal aborts. Rejects only where `push` throws. */
export async function tellLive({ statuses, push, clock, signal }: LiveTelling): Promise<void> {
  const told = new Map<string, Told>();
  const send = (text: string): void =>
    push({
      commandProgress: {
        commandType: PROGRESS_TYPE,
        timestamp: Math.floor(clock.now() / 1_000),
        payloadJson: Buffer.from(text),
      },
    });
  for (; !signal.aborted; await pause(clock, TELL_MS, signal)) {
    const running = runsOf(statuses());
    for (const [serviceId, { run }] of told) {
      if (running.get(serviceId)?.runId === run.runId) continue;
      send(textOf(serviceId, run, true));
      told.delete(serviceId);
    }
    for (const [serviceId, run] of running) {
      const text = textOf(serviceId, run, false);
      const before = told.get(serviceId);
      if (before?.text === text && (before.ticks += 1) < STILL_TICKS_MAX) continue;
      send(text);
      told.set(serviceId, { run, text, ticks: 0 });
    }
  }
}

/** Runs in flight by their source's sync_service_id; a core could not say whose one without it is. */
function runsOf(statuses: readonly SourceStatus[]): ReadonlyMap<string, RunProgress> {
  const runs = new Map<string, RunProgress>();
  for (const { serviceId, run } of statuses) {
    if (serviceId !== undefined && run !== undefined) runs.set(serviceId, run);
  }
  return runs;
}

function textOf(serviceId: string, run: RunProgress, isEnded: boolean): string {
  return formatProgress({
    serviceId,
    runId: run.runId,
    kind: run.kind,
    startedMs: run.startedMs,
    pages: run.pages,
    fetched: run.devices,
    streamed: run.sentDevices,
    rejected: run.rejected,
    total: run.sourceTotal,
    waiting: run.gatewayWait ?? run.sourceWait,
    isEnded,
  });
}
