/**
 * How fast one source may be asked: a bucket of tokens that fills at a steady rate, one token a request. Pure: a pace and a time
 * in, a pace and a wait out.
 */

/** A bucket as it stood at a time. */
export interface Pace {
  /** Requests a second; Infinity where the source sets no bound. */
  readonly perSecond: number;
  /** Requests that may go now; below 0 where some wait already. */
  readonly tokens: number;
  /** When that was so, ms. */
  readonly atMs: number;
}

/** A full bucket holds what a second brings, so that the first page of a run does not wait; at least one. */
function capacityOf(perSecond: number): number {
  return Math.max(1, perSecond);
}

/** A full bucket. */
export function newPace(perSecond: number): Pace {
  return { perSecond, tokens: capacityOf(perSecond), atMs: 0 };
}

/** Takes one token, ahead of its time where there is none; `waitMs` is how long that is. Takers get theirs in order. */
export function takeToken(
  pace: Pace,
  nowMs: number,
): { readonly pace: Pace; readonly waitMs: number } {
  const { perSecond } = pace;
  if (perSecond === Infinity) return { pace, waitMs: 0 };
  const filled = pace.tokens + (Math.max(0, nowMs - pace.atMs) * perSecond) / 1_000;
  const tokens = Math.min(capacityOf(perSecond), filled) - 1;
  const waitMs = tokens >= 0 ? 0 : Math.ceil((-tokens * 1_000) / perSecond);
  return { pace: { perSecond, tokens, atMs: Math.max(pace.atMs, nowMs) }, waitMs };
}
