import { createHash, type Hash } from "node:crypto";

import { invariant } from "../lib/invariant.ts";
import type { Position } from "./checkpoint.ts";

/** The end of a page, as far as it matters to a later start. */
type PageEnd = Omit<Position, "behind">;

const BEGINNING: PageEnd = { cursor: undefined, pages: 0, rejected: {} };

/**
 * Remembers, for every chunk that is on its way, where in the source's pages it ends: behind which page, and behind which entries
 * of the page after that. Holds a line a chunk, and a running hash.
 */
export class Trail {
  readonly #ends: Position[] = [];
  #page: PageEnd;
  #hash: Hash = createHash("sha256");
  /** Entries since the page's end; entries since the last chunk's. */
  #behind = 0;
  #uncut = 0;

  /** Begins at the source's first page, or behind one. */
  constructor(page: PageEnd = BEGINNING) {
    this.#page = page;
  }

  /** Entries that the gateway has already and that are not sent again. */
  pass(entries: readonly string[]): void {
    for (const entry of entries) this.#count(entry);
    this.#uncut = 0;
  }

  /** An entry was added, and completed these chunks, by how many entries each holds. */
  add(entry: string, chunks: readonly { readonly entries: number }[]): void {
    const [first] = chunks;
    const isBehindChunk = first !== undefined && first.entries === this.#uncut;
    if (isBehindChunk) this.cut();
    this.#count(entry);
    // An entry too large for company is a chunk of its own.
    if (chunks.length > (isBehindChunk ? 1 : 0)) this.cut();
  }

  /** All entries so far are in chunks. */
  cut(): void {
    const sha256 = this.#hash.copy().digest("hex");
    this.#ends.push({ ...this.#page, behind: { entries: this.#behind, sha256 } });
    this.#uncut = 0;
  }

  /** All entries of a page were added; one without a cursor is the last. */
  endPage(page: PageEnd): void {
    if (page.cursor === undefined) return;
    this.#page = page;
    this.#hash = createHash("sha256");
    this.#behind = 0;
  }

  /** The gateway has so many chunks more: where the last of them ends. */
  delivered(chunks: number): Position {
    const position = this.#ends.splice(0, chunks).at(-1);
    invariant(position !== undefined, "a chunk that was delivered had an end");
    return position;
  }

  #count(entry: string): void {
    this.#hash.update(entry);
    this.#behind += 1;
    this.#uncut += 1;
  }
}
