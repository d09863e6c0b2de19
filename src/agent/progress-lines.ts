/** How the sources are doing, in words: the fields of a log line, and what people who watch a terminal see. Pure. */
import { formatGoDuration } from "../lib/duration.ts";
import { grouped } from "../lib/grouped.ts";
import { devicesPerSecond, type RunProgress, type SourceStatus } from "./source-status.ts";

/** Longer names are cut, so that the numbers stay in sight. */
const NAME_CHARS_MAX = 24;
/** The same for why a run failed; the log has all of it. */
const REASON_CHARS_MAX = 100;

/** A line a source; those with a run under way come first, in the order in which they are given. */
export function progressLines(statuses: readonly SourceStatus[], nowMs: number): readonly string[] {
  const width = Math.min(NAME_CHARS_MAX, Math.max(0, ...statuses.map(({ name }) => name.length)));
  const running = statuses.filter(({ run }) => run !== undefined);
  const resting = statuses.filter(({ run }) => run === undefined);
  return [...running, ...resting].map((status) => {
    const name = printable(status.name).slice(0, NAME_CHARS_MAX).padEnd(width);
    return [name, ...partsOf(status, nowMs)].join("  ");
  });
}

function partsOf(status: SourceStatus, nowMs: number): readonly string[] {
  const { run } = status;
  if (run === undefined) return restOf(status, nowMs);
  const said = progressFields(run, nowMs);
  const of = run.sourceTotal === undefined ? "" : ` of ${grouped(run.sourceTotal)}`;
  return [
    run.kind,
    counted(run.pages, "page"),
    `${grouped(run.devices)}${of} devices`,
    `${grouped(Number(said["devices_per_sec"]))}/s`,
    ...(said["eta"] === undefined ? [] : [`ETA ${said["eta"]}`]),
    ...(run.rejected === 0 ? [] : [`${grouped(run.rejected)} rejected`]),
    ...(said["waiting"] === undefined ? [] : [String(said["waiting"])]),
  ];
}

function restOf({ state, lastRun, nextDueMs }: SourceStatus, nowMs: number): readonly string[] {
  const next = nextDueMs === undefined ? [] : [`next in ${seconds(nextDueMs - nowMs)}`];
  if (lastRun === undefined) return [state, ...next];
  const { outcome, devices, error } = lastRun;
  const why = error === undefined ? "" : `, ${error.kind}: ${error.message}`;
  const last = `${outcome}, ${grouped(devices)} devices${why}`;
  return [state, printable(last).slice(0, REASON_CHARS_MAX), ...next];
}

function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** Names and reasons come from outside: none of them moves the cursor. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ");
}

/** The numbers of a progress line. */
export function progressFields(
  run: RunProgress,
  nowMs: number,
): Readonly<Record<string, string | number>> {
  const perSecond = devicesPerSecond(run, nowMs);
  const total = run.sourceTotal;
  const left = total === undefined ? 0 : total - run.devices;
  // A source's wait is forgotten with the next page only.
  const wait = [run.gatewayWait, run.sourceWait].find(
    (one) => one !== undefined && one.untilMs > nowMs,
  );
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
