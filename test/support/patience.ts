import { clearInterval, setInterval } from "node:timers";

/** How often the waiting are looked at, ms. */
const LOOK_MS = 1_000;

/** Waits so long for answers, in seconds in which this process ran: one that was stopped for minutes has kept nobody waiting. */
export class Patience {
  readonly #maxS: number;
  readonly #lookMs: number;
  readonly #waiting = new Set<{ leftS: number; readonly end: () => void }>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(maxS: number, lookMs = LOOK_MS) {
    this.#maxS = maxS;
    this.#lookMs = lookMs;
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** What `work` resolves to, or `otherwise` when it has not in time. */
  async within<T>(work: Promise<T>, otherwise: T): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const waiting = { leftS: this.#maxS, end: () => resolve(otherwise) };
    this.#waiting.add(waiting);
    try {
      return await Promise.race([work, promise]);
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  #look(): void {
    for (const waiting of this.#waiting) {
      waiting.leftS -= this.#lookMs / 1_000;
      if (waiting.leftS < 0) waiting.end();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
