/** What may be passed while it is open; whoever comes to it closed waits. */
export class Gate {
  #opened = Promise.resolve();
  #open: (() => void) | undefined;

  set(isOpen: boolean): void {
    if (isOpen === (this.#open === undefined)) return;
    if (isOpen) {
      this.#open?.();
      this.#open = undefined;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#opened = promise;
    this.#open = resolve;
  }

  /** Resolves once it is open. */
  passed(): Promise<void> {
    return this.#opened;
  }
}
