import type { HttpError } from "./http-error.ts";

/** Share of the full size by which a page grows again after each good answer. */
const GROWTH = 0.05;

/**
 * How many rows to ask for: halved when an answer failed as it does where a page is too much for the server, grown
 * slowly after good ones. Slow growth, because a page that is too large may cost a timeout of minutes each time.
 */
export class PageLimit {
  readonly #full: number;
  readonly #least: number;
  #rows: number;

  constructor(full: number, least: number) {
    this.#full = full;
    this.#least = Math.min(full, least);
    this.#rows = full;
  }

  /** Rows to ask for, given how the try before ended; more requests would not please a rate limit. */
  rowsAfter(failure: HttpError | undefined): number {
    if (failure !== undefined && failure.code !== "rate_limited") {
      this.#rows = Math.max(this.#least, Math.floor(this.#rows / 2));
    }
    return this.#rows;
  }

  grow(): void {
    this.#rows = Math.min(this.#full, this.#rows + Math.ceil(this.#full * GROWTH));
  }
}
