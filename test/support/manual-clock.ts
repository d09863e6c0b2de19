import type { Clock } from "../../src/lib/clock.ts";

type Sleeper = { readonly askedMs: number; readonly atMs: number; readonly wake: () => void };

/**
 * A clock that stands still until a test moves it. It begins at the machine's own time, so that deadlines which gRPC measures on
 * its own clock lie ahead.
 */
export class ManualClock implements Clock {
  #now = Date.now();
  readonly #sleepers = new Set<Sleeper>();
  #onSleep: (() => void) | undefined;

  now(): number {
    return this.#now;
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const signal = options?.signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const stop = (): void => {
      this.#sleepers.delete(sleeper);
      reject(signal?.reason as Error);
    };
    const sleeper = {
      askedMs: ms,
      atMs: this.#now + ms,
      wake: () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", stop);
        resolve();
      },
    };
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", stop, { once: true });
    this.#onSleep?.();
    return promise;
  }

  /** How many sleep, and how long the first of them still has to. */
  get waiting(): { readonly count: number; readonly nextMs: number } {
    const at = [...this.#sleepers].map(({ atMs }) => atMs);
    return { count: at.length, nextMs: Math.min(Infinity, ...at) - this.#now };
  }

  /** Moves time on, waking sleepers in the order of their times; what they do at once happens before the next wakes. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#now + ms;
    for (;;) {
      const [next] = [...this.#sleepers].toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#now = Math.max(this.#now, next.atMs);
      next.wake();
      await settle();
    }
    this.#now = untilMs;
    await settle();
  }

  /** Resolves once somebody sleeps who asked for a time that the condition accepts. */
  async untilSleeping(accepts: (ms: number) => boolean): Promise<void> {
    while (![...this.#sleepers].some(({ askedMs }) => accepts(askedMs))) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onSleep = resolve;
      await promise;
    }
  }
}

/** Lets everything that can go on without input go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
