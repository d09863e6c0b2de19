import { SyncError } from "../lib/errors.ts";
import { keysetStep, type KeysetPlace } from "./armis-keyset.ts";
import type { SortedRows } from "./armis-merge.ts";
import type { ArmisRow } from "./armis-page.ts";
import type { ArmisSearch } from "./armis-search.ts";

/** The results of one query in the order of their ids, of which at most one page is held. */
export class ArmisStream implements SortedRows {
  readonly label: string;
  readonly #search: ArmisSearch;
  #place: KeysetPlace;
  #rows: readonly ArmisRow[] = [];
  #taken = 0;
  #isEnd = false;
  #total: number | undefined;
  /** Offset of the last row that was taken: where to resume. */
  #offset: number;

  constructor(search: ArmisSearch, from: { readonly label: string; readonly place: KeysetPlace }) {
    this.#search = search;
    this.label = from.label;
    this.#place = from.place;
    this.#offset = from.place.from;
  }

  get head(): ArmisRow | undefined {
    return this.#rows[this.#taken];
  }

  get isDry(): boolean {
    return this.head === undefined && !this.#isEnd;
  }

  get isDone(): boolean {
    return this.head === undefined && this.#isEnd;
  }

  get offset(): number {
    return this.#offset;
  }

  /** What Armis said last of how many devices the query finds. */
  get total(): number | undefined {
    return this.#total;
  }

  take(): void {
    const row = this.head;
    if (row?.id !== undefined) this.#offset = row.offset;
    this.#taken += 1;
  }

  /** Reads on until there is a row or the end. Throws SyncError. */
  async fill(): Promise<void> {
    while (this.isDry) {
      const page = await this.#search.page(this.#place.from);
      this.#total = page.total ?? this.#total;
      const step = keysetStep(this.#place, page);
      if (step.kind === "failed") {
        const retry = step.code === "filter_ignored" ? "permanent" : "transient";
        throw new SyncError(step.code, `query "${this.label}": ${step.why}`, { retry });
      }
      this.#place = step.place;
      if (step.kind === "seek") continue;
      this.#rows = step.rows;
      this.#taken = 0;
      this.#isEnd = step.isEnd;
    }
  }
}
