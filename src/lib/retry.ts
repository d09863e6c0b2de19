import { chance } from "./clock.ts";
import { SyncError, type Retry } from "./errors.ts";

/** A back-off that doubles from `baseMs` to `capMs`. */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * The pause before attempt `attempt` (0 = first retry), with full jitter in its upper half, so that
 * many agents that lost one gateway do not return together.
 */
export function backoffMs(backoff: Backoff, attempt: number, roll: number = chance()): number {
  const full = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(full / 2 + (full / 2) * roll);
}

/** What a thrown thing says of its own retry; anything but a SyncError is taken as transient. */
export function retryOf(thrown: unknown): Retry {
  return thrown instanceof SyncError ? thrown.retry : "transient";
}
