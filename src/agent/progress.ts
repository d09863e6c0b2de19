import { pause, type Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { progressFields, progressLines } from "./progress-lines.ts";
import type { SourceStatus } from "./source-status.ts";

/** How often progress is told: to people who watch, and to a log that is kept. */
const DRAW_EVERY_MS = 500;
const LOG_EVERY_MS = 10_000;

/** Where progress is told. */
export interface Telling {
  readonly statuses: () => readonly SourceStatus[];
  /** Shows lines in the place of those before; absent where nobody watches. */
  readonly draw?: ((lines: readonly string[]) => void) | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Tells how the sources are doing, until the signal aborts: a line each, drawn in place, to those who watch, else a line in the log
 * for each run in flight.
 */
export async function tellProgress({ draw, ...telling }: Telling): Promise<void> {
  await (draw === undefined ? logProgress(telling) : drawProgress({ ...telling, draw }));
}

type Drawing = Omit<Telling, "log" | "draw"> & { readonly draw: NonNullable<Telling["draw"]> };

async function drawProgress(telling: Drawing): Promise<void> {
  const { statuses, draw, clock, signal } = telling;
  for (; !signal.aborted; await pause(clock, DRAW_EVERY_MS, signal)) {
    draw(progressLines(statuses(), clock.now()));
  }
  draw([]);
}

async function logProgress({ statuses, clock, log, signal }: Omit<Telling, "draw">): Promise<void> {
  for (
    await pause(clock, LOG_EVERY_MS, signal);
    !signal.aborted;
    await pause(clock, LOG_EVERY_MS, signal)
  ) {
    for (const { name, run } of statuses()) {
      if (run === undefined) continue;
      log.info({ source: name, ...progressFields(run, clock.now()) }, "sync progress");
    }
  }
}
