/** Bounds how many requests of one source are under way. Those that find no room wait, in the order in which they came. */
export class RequestSlots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** `count`: at a time, at most. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves when there is room; disposing of what it gives makes room again. Rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#room(signal);
    let isLeft = false;
    return {
      [Symbol.dispose]: () => {
        if (!isLeft) this.#leave();
        isLeft = true;
      },
    };
  }

  async #room(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.add(resolve);
    try {
      await promise;
    } catch (thrown) {
      // Room that was made for one who had gone by then goes to the next.
      if (!this.#waiting.delete(resolve)) this.#leave();
      throw thrown;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Room is handed on, not freed, so that nobody who comes later overtakes. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
