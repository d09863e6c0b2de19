/** How a source stands, in one word. Pure. */
import type { Source } from "../control/sources.ts";
import type { Run } from "../inbox/run-list.ts";
import { DISCOVERY_INTERVAL_DEFAULT_MS } from "../model/sync-payload.ts";

/** States, those that need a look first. */
const SOURCE_STATES = ["failing", "stale", "never_run", "running", "ok", "disabled"] as const;

/** One of SOURCE_STATES. */
export type SourceState = (typeof SOURCE_STATES)[number];

/** Discovery intervals without a whole run from which on a source is stale: one may always fall out. */
const STALE_INTERVALS = 2;

/** The state of a source, from its newest run and the end of its newest whole one. */
export function sourceStateOf(
  source: Pick<Source, "enabled" | "discoveryIntervalMs">,
  {
    lastRun,
    wholeMs,
    nowMs,
  }: {
    readonly lastRun: Pick<Run, "outcome"> | undefined;
    readonly wholeMs: number | undefined;
    readonly nowMs: number;
  },
): SourceState {
  if (!source.enabled) return "disabled";
  if (lastRun === undefined) return "never_run";
  if (lastRun.outcome === "failed" || lastRun.outcome === "timeout") return "failing";
  const intervalMs = source.discoveryIntervalMs ?? DISCOVERY_INTERVAL_DEFAULT_MS;
  const isLate = wholeMs !== undefined && nowMs - wholeMs > STALE_INTERVALS * intervalMs;
  if (isLate) return "stale";
  return lastRun.outcome === "running" ? "running" : "ok";
}

/** Where a source stands among those that need a look: one that ran, but was short of something, behind those that fail. */
export function lookRank(state: SourceState, lastRun: Pick<Run, "outcome"> | undefined): number {
  const rank = SOURCE_STATES.indexOf(state);
  return isShort(state, lastRun) ? SOURCE_STATES.indexOf("stale") + 0.5 : rank;
}

/** Whether its newest run ended short of something, which its state does not say. */
export function isShort(state: SourceState, lastRun: Pick<Run, "outcome"> | undefined): boolean {
  return state === "ok" && lastRun?.outcome === "partial";
}
