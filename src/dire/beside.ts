/**
 * A publication beside the writing of new records, in one transaction: while the database writes for one, the other thinks. The
 * database still takes one statement at a time, and what they do to each other is little:
 *
 * - New records are nobody's before their values are written, which waits until the publication has read all that it decides by. So it
 *   decides as if they came after it, which they do: they are marked to be decided once it is over.
 * - A chunk that says anything of a record that was there before, or of one of such a name, waits until it is over.
 */
import { sideBySide } from "../lib/side-by-side.ts";
import type { ResolveCounts } from "./resolver.ts";

/** How far a publication is that goes on meanwhile. Both reject when it fails. */
export interface Beside {
  /** It decides by nothing any more that is written from now on. */
  readonly hasRead: Promise<unknown>;
  readonly isOver: Promise<unknown>;
}

/** Publishes what is next; calls `onRead` when it has read everything. Undefined where nothing is dirty. */
export type PublishNext = (onRead: () => void) => Promise<ResolveCounts | undefined>;

/** What a publication did, and how long it went on, ms. */
export type Published = { readonly counts: ResolveCounts; readonly ms: number };

/** Works beside publications, one at a time, and keeps what they did. */
export class Publishing {
  readonly #next: PublishNext;
  readonly done: Published[] = [];

  constructor(next: PublishNext) {
    this.#next = next;
  }

  /** Starts the next publication, works, and resolves when both are over. */
  async beside<T>(work: (beside: Beside) => Promise<T>): Promise<T> {
    const read = Promise.withResolvers<void>();
    const isOver = this.#publish(read.resolve);
    const hasRead = Promise.race([read.promise, isOver]);
    // Should the work fail before it waits for them, it is the work's error that comes out.
    hasRead.catch(() => {});
    const [worked] = await sideBySide(work({ hasRead, isOver }), isOver);
    return worked;
  }

  async #publish(onRead: () => void): Promise<void> {
    const startedMs = performance.now();
    const counts = await this.#next(onRead);
    if (counts !== undefined) this.done.push({ counts, ms: performance.now() - startedMs });
  }
}
