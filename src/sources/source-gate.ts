import type { Clock } from "../lib/clock.ts";
import { afterFailure, afterSuccess, CLOSED, type Breaker } from "./breaker.ts";
import { newPace, takeToken, type Pace } from "./pace.ts";
import type { SourceWait } from "./source.ts";

/**
 * What all requests to one source pass, of every pull: its pace, its breaker, and the rest that it asked for. So three requests
 * side by side, or a pull right after one that failed, do not ask a source that said "not now".
 */
export class SourceGate {
  #pace: Pace;
  #breaker: Breaker = CLOSED;
  #quiet: { readonly untilMs: number; readonly reason: SourceWait["reason"] } = {
    untilMs: 0,
    reason: "rate_limited",
  };

  /** `perSecond`: requests a second at most. */
  constructor(perSecond = Infinity) {
    this.#pace = newPace(perSecond);
  }

  /** Resolves when a request may go. Rejects with the signal's reason. */
  async pass(
    clock: Clock,
    signal: AbortSignal,
    onWait?: (wait: SourceWait) => void,
  ): Promise<void> {
    for (let ms = this.#closedMs(clock.now()); ms > 0; ms = this.#closedMs(clock.now())) {
      onWait?.({ reason: this.#quiet.reason, ms });
      await clock.sleep(ms, { signal });
    }
    const { pace, waitMs } = takeToken(this.#pace, clock.now());
    this.#pace = pace;
    if (waitMs === 0) return;
    onWait?.({ reason: "rate_limited", ms: waitMs });
    await clock.sleep(waitMs, { signal });
  }

  /** The source answered: it is at work, even if it refused. */
  answered(): void {
    this.#breaker = afterSuccess(this.#breaker);
  }

  /** The source is not there, or cannot answer. */
  failed(nowMs: number): void {
    this.#breaker = afterFailure(this.#breaker, nowMs);
    this.#keepQuiet(this.#breaker.openUntilMs, "retry");
  }

  /** The source asked for a rest. */
  askedToWait(untilMs: number): void {
    this.#keepQuiet(untilMs, "rate_limited");
  }

  #closedMs(nowMs: number): number {
    return Math.max(0, this.#quiet.untilMs - nowMs);
  }

  #keepQuiet(untilMs: number, reason: SourceWait["reason"]): void {
    if (untilMs > this.#quiet.untilMs) this.#quiet = { untilMs, reason };
  }
}
