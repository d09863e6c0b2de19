import type { SourceRejection } from "../sources/source.ts";

/** Reasons that are counted apart; the manifest takes 64 (wire/manifest.ts). */
const REASONS_MAX = 60;
/** Under which all further reasons are counted. */
const OTHER = "other";
/** Longest reason in characters; it may quote a value of the record. */
const REASON_CHARS_MAX = 200;
/** Rejected records that the log names, of each run. */
const SAMPLES_MAX = 5;

/** Counts the records that a run leaves out, by reason, and keeps the first few by name. */
export class Rejections {
  readonly #counts: Map<string, number>;
  readonly #samples: SourceRejection[] = [];
  #total: number;

  /** `before`: counted by an agent before this one. */
  constructor(before: Readonly<Record<string, number>> = {}) {
    this.#counts = new Map(Object.entries(before));
    this.#total = Object.values(before).reduce((sum, count) => sum + count, 0);
  }

  get total(): number {
    return this.#total;
  }

  /** The first few, for the log. */
  get samples(): readonly SourceRejection[] {
    return this.#samples;
  }

  /** Counts by reason. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  add(rejection: SourceRejection): void {
    if (this.#samples.length < SAMPLES_MAX) this.#samples.push(rejection);
    const reason = rejection.reason.trim().slice(0, REASON_CHARS_MAX) || OTHER;
    const isKnown = this.#counts.has(reason) || this.#counts.size < REASONS_MAX;
    const counted = isKnown ? reason : OTHER;
    this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1);
    this.#total += 1;
  }
}
