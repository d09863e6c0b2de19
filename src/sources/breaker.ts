/**
 * Whether a source that fails is asked at all. Pure.
 *
 *   closed ── 5 failures in a row ──► open for 30 s ──► half open ── 2 successes in a row ──► closed
 *                                          ▲                │
 *                                          └── 1 failure ───┘
 *
 * The numbers are those of ServiceRadar's own breaker (protocol facts 6.2).
 */

/** How a source did lately. */
export interface Breaker {
  readonly state: "closed" | "half_open";
  /** In a row: failures while closed, successes while half open. */
  readonly count: number;
  /** No request before this time, ms; 0 where none failed. */
  readonly openUntilMs: number;
}

const FAILURES_MAX = 5;
const SUCCESSES_NEEDED = 2;
const OPEN_MS = 30_000;

/** Of a source that was never asked. */
export const CLOSED: Breaker = { state: "closed", count: 0, openUntilMs: 0 };

/** After an answer that shows the source at work, whatever it said. */
export function afterSuccess(breaker: Breaker): Breaker {
  if (breaker.state === "closed") return breaker.count === 0 ? breaker : CLOSED;
  const count = breaker.count + 1;
  return count >= SUCCESSES_NEEDED ? CLOSED : { ...breaker, count };
}

/** After a failure that says that the source is not at work. */
export function afterFailure(breaker: Breaker, nowMs: number): Breaker {
  const count = breaker.count + 1;
  if (breaker.state === "closed" && count < FAILURES_MAX) return { ...breaker, count };
  return { state: "half_open", count: 0, openUntilMs: nowMs + OPEN_MS };
}
