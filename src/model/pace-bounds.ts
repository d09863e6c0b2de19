/** How fast a source may be told to be asked. */

/** Requests a second. One in 100 s is slower than any API asks for; 1,000 a second is none. */
export const RATE = { min: 0.01, max: 1_000 } as const;

/** Requests at a time: no inventory's API serves more for one client's sake. */
export const CONCURRENT_MAX = 16;

/** Below a second a busy API would never be heard; a proxy that waits for ten minutes is not known. */
const ANSWER_TIMEOUT_MS = { min: 1_000, max: 600_000 } as const;

/** Whether a source's answer may be waited for so long, ms. */
export function isAnswerTimeout(ms: number): boolean {
  return ms >= ANSWER_TIMEOUT_MS.min && ms <= ANSWER_TIMEOUT_MS.max;
}
