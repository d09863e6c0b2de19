/** Cuts a list into ranges of ids that are read side by side. Pure; netbox-walk.ts reads them. */

/** Rows with ids above `after`, up to `upTo`; without it, all that follow, also those that come meanwhile. */
export interface IdRange {
  readonly after: number;
  readonly upTo?: number;
  /** How many there were when it was cut. */
  readonly rows: number;
}

/**
 * Makes ranges of `size` rows out of ids in ascending order, as they become known. Together they cover every id above `after` once, known
 * or not: a range begins where the one before it ends, and the last has no end. Holds `size` ids and those just taken.
 */
export class RangePlan {
  readonly #size: number;
  #after: number;
  #ids: readonly number[] = [];

  constructor(after: number, size: number) {
    this.#after = after;
    this.#size = size;
  }

  /** Takes the ids that follow, and gives the ranges that are sure not to be the last. */
  take(ids: readonly number[]): readonly IdRange[] {
    this.#ids = [...this.#ids, ...ids];
    const ranges: IdRange[] = [];
    while (this.#ids.length > this.#size) {
      const upTo = this.#ids[this.#size - 1] ?? this.#after;
      ranges.push({ after: this.#after, upTo, rows: this.#size });
      this.#ids = this.#ids.slice(this.#size);
      this.#after = upTo;
    }
    return ranges;
  }

  /** The last range: no more ids follow. */
  end(): IdRange {
    return { after: this.#after, rows: this.#ids.length };
  }
}

/** So many rows may vanish while we read: people delete. More is a list that lost its end, or a part. */
const MISSING_MAX = 10;
/** The same as a share of a large list. */
const MISSING_SHARE_MAX = 0.05;

/** Whether a list, or a range of it, gave too few of the rows that it said it has. */
export function isShort(read: number, count: number): boolean {
  return count - read > Math.max(MISSING_MAX, count * MISSING_SHARE_MAX);
}
