import type { Clock } from "../lib/clock.ts";
import { afterFailure, afterSuccess, CLOSED, type Breaker } from "./breaker.ts";
import { newPace, takeToken, type Pace } from "./pace.ts";
import { RequestSlots } from "./request-slots.ts";
import type { SourceWait } from "./source.ts";

/** How a source may be asked. */
export interface GateSettings {
  /** Requests a second at most; absent: as fast as it answers. */
  readonly requestsPerSecond?: number | undefined;
  /** Requests at a time at most; absent: REQUESTS_AT_ONCE_DEFAULT. */
  readonly concurrentRequests?: number | undefined;
}

/** NetBox's stock gunicorn has 5 workers, and people use it too. */
export const REQUESTS_AT_ONCE_DEFAULT = 4;

/**
 * What all requests to one source pass, of every pull: how many may be under way, its pace, its breaker, and the rest that it asked
 * for. So three requests side by side, or a pull right after one that failed, do not ask a source that said "not now".
 */
export class SourceGate {
  readonly #slots: RequestSlots;
  #pace: Pace;
  #breaker: Breaker = CLOSED;
  #quiet: { readonly untilMs: number; readonly reason: SourceWait["reason"] } = {
    untilMs: 0,
    reason: "rate_limited",
  };

  constructor(settings: GateSettings = {}) {
    const { requestsPerSecond, concurrentRequests } = settings;
    this.#pace = newPace(requestsPerSecond ?? Infinity);
    this.#slots = new RequestSlots(concurrentRequests ?? REQUESTS_AT_ONCE_DEFAULT);
  }

  /** Resolves when a request may go; what it gives is disposed of when the request has ended. Rejects with the signal's reason. */
  async pass(
    clock: Clock,
    signal: AbortSignal,
    onWait?: (wait: SourceWait) => void,
  ): Promise<Disposable> {
    const slot = await this.#slots.take(signal);
    try {
      await this.#pause(clock, signal, onWait);
      return slot;
    } catch (thrown) {
      slot[Symbol.dispose]();
      throw thrown;
    }
  }

  async #pause(
    clock: Clock,
    signal: AbortSignal,
    onWait: ((wait: SourceWait) => void) | undefined,
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
