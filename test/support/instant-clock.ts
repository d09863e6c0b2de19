import type { Clock } from "../../src/lib/clock.ts";

/** A clock on which every sleep is over at once; time moves by what was slept. */
export class InstantClock implements Clock {
  readonly slept: number[] = [];
  #now: number;

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    const signal = options?.signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    this.slept.push(ms);
    this.#now += ms;
    return Promise.resolve();
  }
}

/** The same, and seconds pass whenever anybody looks: what trickles in is slow. */
export class HastyClock extends InstantClock {
  override now(): number {
    void this.sleep(2_000);
    return super.now();
  }
}

/** A clock on which no sleep ever ends but by its signal. */
export const frozenClock: Clock = {
  now: () => 1_800_000_000_000,
  sleep: (_ms, options) => {
    const { promise, reject } = Promise.withResolvers<void>();
    const signal = options?.signal;
    const stop = (): void => reject(signal?.reason as Error);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
    return promise;
  },
};
