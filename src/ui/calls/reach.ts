/** Whether the core answers: what stands on a page is old while it does not. */

/** Codes of a proxy that reaches no core; 0: nothing was reached at all. */
const AWAY: ReadonlySet<number> = new Set([0, 502, 503, 504]);

/** Since when the core has not answered. */
export class Reach {
  #awaySinceMs: number | undefined;
  readonly #listeners = new Set<() => void>();

  /** Time of the first failure since the last answer, ms; undefined while it answers. */
  readonly awaySinceMs = (): number | undefined => this.#awaySinceMs;

  /** Has a listener called at each change; gives what ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Notes an answer, whatever it said. */
  answered(): void {
    this.#become(undefined);
  }

  /** Notes a failure: `status` of the answer, undefined where the request itself failed. */
  failed(status: number | undefined, nowMs: number): void {
    if (AWAY.has(status ?? 0)) this.#become(this.#awaySinceMs ?? nowMs);
    else this.answered();
  }

  #become(awaySinceMs: number | undefined): void {
    if (awaySinceMs === this.#awaySinceMs) return;
    this.#awaySinceMs = awaySinceMs;
    for (const listener of this.#listeners) listener();
  }
}

/** Of this page. */
export const reach = new Reach();
