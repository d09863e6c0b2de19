/**
 * Which source is to be pulled when. Pure: a schedule and what happened in, a schedule and what to do out.
 *
 *   configure: added ──► due after a little jitter ──► (slot free) start
 *              changed ► cancel its run, due at once, starts when that run has ended
 *              removed ► cancel its run, forgotten when that has ended
 *   tick:      due and idle ──► start, or wait for a slot       due and running ──► this tick is skipped, never queued
 *   ended:     failed for now ──► due again after a back-off    else ──► idle until its next interval
 *
 * A source has at most one run in flight, cancelled ones included; all sources together have at most `limit`.
 */
import type { Retry } from "../lib/errors.ts";
import { backoffMs, type Backoff } from "../lib/retry.ts";

/** What the schedule knows of a source. */
export interface ScheduledSource {
  readonly key: string;
  /** Another fingerprint is another source under the same key: its run is worth nothing any more. */
  readonly fingerprint: string;
  /** Infinity: only once. */
  readonly pollIntervalMs: number;
  readonly discoveryIntervalMs: number;
}

/** Why a run starts. A discovery and a command read everything, a poll what changed, from sources that can tell. */
export type Trigger = "discovery" | "poll" | "command";

/** One source's place in the schedule. */
export interface ScheduleEntry {
  /** Absent: removed, and only its run is still to end. */
  readonly source?: ScheduledSource;
  readonly nextDiscoveryMs: number;
  readonly nextPollMs: number;
  /** Failed runs in a row that may be tried again, and when; Infinity where there is nothing to try again. */
  readonly failures: number;
  readonly retryMs: number;
  /** What is tried again then: a discovery that failed is no poll. */
  readonly retryTrigger: Trigger;
  /** Due since, and waiting for a slot or for the run before. */
  readonly wanted?: { readonly trigger: Trigger; readonly sinceMs: number };
  readonly running?: { readonly trigger: Trigger; readonly isCancelled: boolean };
  /** Ticks that fell into a run. */
  readonly skipped: number;
}

/** All sources by key. */
export interface Schedule {
  readonly limit: number;
  readonly entries: ReadonlyMap<string, ScheduleEntry>;
}

/** What to do now. `cancel` is answered by `runEnded`, like every start. */
type ScheduleAction =
  | { readonly do: "start"; readonly key: string; readonly trigger: Trigger }
  | { readonly do: "cancel"; readonly key: string };

/** A new schedule, and what to do, in order. */
export interface ScheduleStep {
  readonly schedule: Schedule;
  readonly actions: readonly ScheduleAction[];
}

/** First runs of a new configuration start within this time of each other, ms. */
const FIRST_JITTER_MS = 2_000;
/** Before a source that failed for now is pulled again; its own poll interval at most. */
const RETRY_BACKOFF: Backoff = { baseMs: 30_000, capMs: 600_000 };

/** A schedule of nothing; `limit` runs may be in flight at a time. */
export function emptySchedule(limit: number): Schedule {
  return { limit, entries: new Map() };
}

/** Takes over a configuration. `rollOf` gives a number in [0, 1) for each source, for jitter. */
export function configure(
  schedule: Schedule,
  sources: readonly ScheduledSource[],
  { nowMs, rollOf }: { readonly nowMs: number; readonly rollOf: (key: string) => number },
): ScheduleStep {
  const entries = new Map<string, ScheduleEntry>();
  const actions: ScheduleAction[] = [];
  const cancel = (key: string, entry: ScheduleEntry): ScheduleEntry => {
    if (entry.running === undefined) return entry;
    if (!entry.running.isCancelled) actions.push({ do: "cancel", key });
    return { ...entry, running: { ...entry.running, isCancelled: true } };
  };
  for (const source of sources) {
    const { key } = source;
    const before = schedule.entries.get(key);
    const delayMs = before === undefined ? rollOf(key) * FIRST_JITTER_MS : 0;
    const isSame = before?.source?.fingerprint === source.fingerprint;
    const entry = isSame ? before : { ...freshEntry(source, nowMs + delayMs), ...kept(before) };
    entries.set(key, isSame ? retimed(entry, source, nowMs) : cancel(key, entry));
  }
  for (const [key, { source: _source, wanted: _wanted, ...entry }] of schedule.entries) {
    if (!entries.has(key) && entry.running !== undefined) entries.set(key, cancel(key, entry));
  }
  const started = tick({ ...schedule, entries }, nowMs);
  return { schedule: started.schedule, actions: [...actions, ...started.actions] };
}

/** Starts what is due by now. */
export function tick(schedule: Schedule, nowMs: number): ScheduleStep {
  const entries = new Map<string, ScheduleEntry>();
  for (const [key, entry] of schedule.entries) entries.set(key, ticked(entry, nowMs));
  return fillSlots({ ...schedule, entries });
}

/** A run is over. `retry` is absent after a good run, and after one that was cancelled. */
export function runEnded(
  schedule: Schedule,
  key: string,
  { nowMs, retry, roll }: { readonly nowMs: number; readonly retry?: Retry; readonly roll: number },
): ScheduleStep {
  const entries = new Map(schedule.entries);
  const { running, ...entry } = schedule.entries.get(key) ?? freshEntry(undefined, nowMs);
  const retryTrigger = running?.trigger ?? "poll";
  if (entry.source === undefined) entries.delete(key);
  else entries.set(key, { ...entry, ...retried(entry, { nowMs, retry, roll }), retryTrigger });
  return fillSlots({ ...schedule, entries });
}

/** What of a source is to be read now: all of it, or what changed, where it can tell. */
export type RunNowKind = "discovery" | "poll";

/** How a request to run a source now was taken. */
export type RunNowAnswer = "accepted" | "running" | "unknown";

/** Makes a source due now, unless it runs. Who wants all of it gets that, whatever it waited to be read for. */
export function runNow(
  schedule: Schedule,
  key: string,
  { nowMs, trigger }: { readonly nowMs: number; readonly trigger: "command" | "poll" },
): ScheduleStep & { readonly answer: RunNowAnswer } {
  const entry = schedule.entries.get(key);
  if (entry?.source === undefined) return { schedule, actions: [], answer: "unknown" };
  if (entry.running !== undefined && !entry.running.isCancelled) {
    return { schedule, actions: [], answer: "running" };
  }
  const { sinceMs } = entry.wanted ?? { sinceMs: nowMs };
  const wanted = trigger === "poll" && entry.wanted ? entry.wanted : { trigger, sinceMs };
  const entries = new Map(schedule.entries).set(key, { ...entry, wanted });
  return { ...fillSlots({ ...schedule, entries }), answer: "accepted" };
}

/** When `tick` has something to do next; Infinity if only an event can change anything. */
export function nextTickMs(schedule: Schedule): number {
  return Math.min(Infinity, ...[...schedule.entries.values()].map(dueMs));
}

/** When a source is due next; Infinity where no time will make it so. */
export function dueMs(entry: ScheduleEntry): number {
  if (entry.source === undefined) return Infinity;
  return Math.min(entry.nextDiscoveryMs, entry.nextPollMs, entry.retryMs);
}

/** Whether nothing runs, waits, or will ever be due. */
export function isOver(schedule: Schedule): boolean {
  const entries = [...schedule.entries.values()];
  return entries.every(
    (entry) =>
      entry.running === undefined && entry.wanted === undefined && dueMs(entry) === Infinity,
  );
}

function freshEntry(source: ScheduledSource | undefined, dueAtMs: number): ScheduleEntry {
  return {
    ...(source === undefined ? {} : { source }),
    nextDiscoveryMs: dueAtMs,
    nextPollMs: dueAtMs + pollMs(source),
    failures: 0,
    retryMs: Infinity,
    retryTrigger: "poll",
    skipped: 0,
  };
}

/** A poll at the same moments as the discovery would only be skipped each time. */
function pollMs(source: ScheduledSource | undefined): number {
  if (source === undefined || source.pollIntervalMs === source.discoveryIntervalMs) return Infinity;
  return source.pollIntervalMs;
}

/** What stays of an entry whose source became another one: the run that is to end. */
function kept(before: ScheduleEntry | undefined): Pick<ScheduleEntry, "running"> {
  return before?.running === undefined ? {} : { running: before.running };
}

/** New intervals alone disturb no run. */
function retimed(before: ScheduleEntry, source: ScheduledSource, nowMs: number): ScheduleEntry {
  const poll = pollMs(source);
  return {
    ...before,
    source,
    nextDiscoveryMs: Math.min(before.nextDiscoveryMs, nowMs + source.discoveryIntervalMs),
    nextPollMs: poll === Infinity ? Infinity : Math.min(before.nextPollMs, nowMs + poll),
  };
}

function ticked(entry: ScheduleEntry, nowMs: number): ScheduleEntry {
  if (entry.source === undefined || dueMs(entry) > nowMs) return entry;
  const isDiscovery = entry.nextDiscoveryMs <= nowMs;
  const again = entry.retryMs <= nowMs ? entry.retryTrigger : "poll";
  const trigger = isDiscovery ? "discovery" : again;
  const next = {
    ...entry,
    nextDiscoveryMs: advanced(entry.nextDiscoveryMs, entry.source.discoveryIntervalMs, nowMs),
    nextPollMs: advanced(entry.nextPollMs, pollMs(entry.source), nowMs),
    retryMs: Infinity,
  };
  if (entry.running !== undefined && !entry.running.isCancelled) {
    return { ...next, skipped: entry.skipped + 1 };
  }
  // What waits for a slot as a poll goes as the discovery that has become due meanwhile.
  const before = isDiscovery && entry.wanted?.trigger === "poll" ? undefined : entry.wanted;
  return { ...next, wanted: before ?? { trigger, sinceMs: entry.wanted?.sinceMs ?? nowMs } };
}

/** The first moment after now in a row of equal steps; those that were missed are gone. */
function advanced(dueAtMs: number, stepMs: number, nowMs: number): number {
  if (dueAtMs > nowMs) return dueAtMs;
  if (stepMs === Infinity) return Infinity;
  return dueAtMs + stepMs * (Math.floor((nowMs - dueAtMs) / stepMs) + 1);
}

type Ended = { readonly nowMs: number; readonly retry?: Retry | undefined; readonly roll: number };

function retried(
  entry: ScheduleEntry,
  { nowMs, retry, roll }: Ended,
): Pick<ScheduleEntry, "failures" | "retryMs"> {
  if (retry === undefined || retry === "permanent") return { failures: 0, retryMs: Infinity };
  const failures = entry.failures + 1;
  const backoff = backoffMs(RETRY_BACKOFF, failures - 1, roll);
  const delayMs = Math.max(backoff, typeof retry === "object" ? retry.afterMs : 0);
  const atMs = nowMs + delayMs;
  const isSooner = atMs < Math.min(entry.nextDiscoveryMs, entry.nextPollMs);
  return { failures, retryMs: isSooner ? atMs : Infinity };
}

/** Longest waiting first. */
function fillSlots(schedule: Schedule): ScheduleStep {
  const entries = new Map(schedule.entries);
  const all = [...entries];
  let free = schedule.limit - all.filter(([, { running }]) => running !== undefined).length;
  const actions: ScheduleAction[] = [];
  const waiting = all
    .filter(([, { wanted, running }]) => wanted !== undefined && running === undefined)
    .toSorted(([, a], [, b]) => (a.wanted?.sinceMs ?? 0) - (b.wanted?.sinceMs ?? 0));
  for (const [key, { wanted, ...entry }] of waiting) {
    if (free <= 0 || wanted === undefined) break;
    free -= 1;
    entries.set(key, { ...entry, running: { trigger: wanted.trigger, isCancelled: false } });
    actions.push({ do: "start", key, trigger: wanted.trigger });
  }
  return { schedule: { ...schedule, entries }, actions };
}
