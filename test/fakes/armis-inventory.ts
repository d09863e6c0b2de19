import type { AqlQuery } from "./armis-aql.ts";
import type { Fleet } from "./fleet.ts";

/** Which rows a search wants: `key` names the query, equal keys mean equal queries. */
export interface Selection {
  readonly key: string;
  readonly query: AqlQuery;
  readonly orderBy: "id" | "lastSeen";
  readonly from: number;
  readonly length: number;
}

/** Rows between two marks of a filtered query: a page deep in a million rows costs one step of this, not a scan. */
const MARK_EVERY = 1_000;
/** Queries whose marks are kept. */
const MARKED_QUERIES_MAX = 16;
/** By how many rows the default order moves between two searches: devices are seen again all the time. */
const DRIFT_ROWS = 37;
/** Every 50th device was last seen three days ago, so a query without timeFrame does not find it. */
const STALE_EVERY = 50;
const STALE_DAYS = 3;

type Marks = { readonly total: number; readonly starts: readonly number[] };

/** Which devices of a fleet Armis holds now, in either order, without holding the fleet. */
export class ArmisInventory {
  readonly #fleet: Fleet;
  readonly #gone = new Set<number>();
  readonly #marks = new Map<string, Marks>();
  readonly #ages = new Map<number, number>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** The device at this index ages out of Armis: no search finds it. */
  remove(index: number): void {
    this.#gone.add(index);
    this.#marks.clear();
  }

  /** A device that was removed is seen again. */
  restore(index: number): void {
    this.#gone.delete(index);
    this.#marks.clear();
  }

  /** The indices of one page and how many rows the query has. `tick` is how often the default order has moved. */
  select(selection: Selection, tick: number): { indices: number[]; total: number } {
    if (selection.orderBy === "lastSeen") return this.#byLastSeen(selection, tick);
    const { from, length, query } = selection;
    if (this.#holdsAll(query)) {
      const { size } = this.#fleet;
      return { indices: range(from, Math.min(size, from + length)), total: size };
    }
    const { total, starts } = this.#marksOf(selection);
    const start = starts[Math.floor(from / MARK_EVERY)] ?? this.#fleet.size;
    return { indices: this.#collect(query, { start, skip: from % MARK_EVERY, length }), total };
  }

  /** The device was last seen so many days ago. */
  age(index: number, days: number): void {
    this.#ages.set(index, days);
    this.#marks.clear();
  }

  /** When the device was last seen, in days ago. */
  ageDays(index: number): number {
    const set = this.#ages.get(index);
    if (set !== undefined) return set;
    return index % STALE_EVERY === STALE_EVERY - 1 ? STALE_DAYS : 0;
  }

  #holdsAll(query: AqlQuery): boolean {
    if (this.#ages.size > 0) return false;
    return this.#gone.size === 0 && query.wants === undefined && query.windowDays > STALE_DAYS;
  }

  #finds(query: AqlQuery, index: number): boolean {
    if (this.#gone.has(index) || this.ageDays(index) >= query.windowDays) return false;
    return query.wants === undefined || query.wants(this.#fleet.device(index));
  }

  #collect(query: AqlQuery, rows: { start: number; skip: number; length: number }): number[] {
    const indices: number[] = [];
    let skip = rows.skip;
    for (let i = rows.start; i < this.#fleet.size && indices.length < rows.length; i += 1) {
      if (!this.#finds(query, i)) continue;
      if (skip === 0) indices.push(i);
      else skip -= 1;
    }
    return indices;
  }

  #marksOf({ key, query }: Selection): Marks {
    const known = this.#marks.get(key);
    if (known !== undefined) return known;
    if (this.#marks.size >= MARKED_QUERIES_MAX) this.#marks.clear();
    const starts: number[] = [];
    let total = 0;
    for (let index = 0; index < this.#fleet.size; index += 1) {
      if (!this.#finds(query, index)) continue;
      if (total % MARK_EVERY === 0) starts.push(index);
      total += 1;
    }
    const marks = { total, starts };
    this.#marks.set(key, marks);
    return marks;
  }

  /** Newest first. The order turns under the reader, so offsets skip some rows and repeat others. */
  #byLastSeen(
    { query, from, length }: Selection,
    tick: number,
  ): { indices: number[]; total: number } {
    const { size } = this.#fleet;
    const turned = range(0, size)
      .map((place) => (place + tick * DRIFT_ROWS) % size)
      .filter((index) => this.#finds(query, index));
    return { indices: turned.slice(from, from + length), total: turned.length };
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, nth) => from + nth);
}
