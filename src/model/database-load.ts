/** How busy a database was over the last minute, from looks at it. Pure. */

/** One look. */
export interface DatabaseLook {
  readonly atMs: number;
  readonly running: number;
  readonly lockWaiting: number;
  readonly lockWaitMs: number;
  /** Time that the host's processors had and rested since it started, ms; absent where the database is on another host. */
  readonly host?: HostTime | undefined;
}

/** Of all processors together, ms. */
export interface HostTime {
  readonly totalMs: number;
  readonly idleMs: number;
  readonly processors: number;
}

/** What the looks of a minute come to. */
export interface DatabaseLoad {
  /** From the first look to the last. */
  readonly seconds: number;
  /** Sessions that compute, on the average. */
  readonly running: number;
  /** The most sessions that waited for locks at once. */
  readonly lockWaiting: number;
  /** The longest wait for a lock, ms. */
  readonly lockWaitMs: number;
  /** Where the database is on the core's host: its processors, and percent of their time that was used by anybody. */
  readonly host?: { readonly processors: number; readonly busyPercent: number } | undefined;
}

/** How long a look counts, ms: a spike of some seconds is still told to who comes a moment later. */
const LOOKS_KEPT_MS = 60_000;

/** The looks that count beside a new one, oldest first. */
export function withLook(looks: readonly DatabaseLook[], look: DatabaseLook): DatabaseLook[] {
  return [...looks.filter(({ atMs }) => look.atMs - atMs <= LOOKS_KEPT_MS), look];
}

/** What they come to; undefined before the second, since one moment says nothing of a minute. */
export function loadOf(looks: readonly DatabaseLook[]): DatabaseLoad | undefined {
  const [first] = looks;
  const last = looks.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  const most = (of: (look: DatabaseLook) => number): number => Math.max(...looks.map(of));
  const sum = looks.reduce((all, { running }) => all + running, 0);
  return {
    seconds: Math.round((last.atMs - first.atMs) / 1_000),
    running: Math.round((10 * sum) / looks.length) / 10,
    lockWaiting: most(({ lockWaiting }) => lockWaiting),
    lockWaitMs: most(({ lockWaitMs }) => lockWaitMs),
    host: hostLoad(first.host, last.host),
  };
}

function hostLoad(
  first: HostTime | undefined,
  last: HostTime | undefined,
): DatabaseLoad["host"] | undefined {
  if (first === undefined || last === undefined) return undefined;
  const totalMs = last.totalMs - first.totalMs;
  if (totalMs <= 0) return undefined;
  const idle = (last.idleMs - first.idleMs) / totalMs;
  return { processors: last.processors, busyPercent: Math.round(100 * (1 - idle)) };
}
