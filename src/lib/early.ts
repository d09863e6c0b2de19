import { nextTurn } from "./turn.ts";

/**
 * Items of a source that are made whether or not they are asked for yet, at most `max` ahead: what they take is so spent while
 * something else is waited for. Between two of them others of the thread have their turn. Its error comes out in its item's place; one
 * that is never asked for is nobody's.
 */
export class Early<Item> {
  readonly #ready: Item[] = [];
  readonly #max: number;
  #end: { readonly thrown?: unknown } | undefined;
  /** Resolves when something was made, or nothing more will be. */
  #news = Promise.withResolvers<void>();
  /** Resolves when there is room for more. */
  #room = Promise.withResolvers<void>();

  /** Resolves when nothing more is made. */
  readonly made: Promise<void>;

  constructor(source: Iterable<Item>, max: number) {
    this.#max = max;
    this.made = this.#make(source);
  }

  async #make(source: Iterable<Item>): Promise<void> {
    this.#end = await this.#run(source);
    this.#news.resolve();
  }

  async #run(source: Iterable<Item>): Promise<{ readonly thrown?: unknown }> {
    try {
      for (const item of source) {
        this.#ready.push(item);
        this.#news.resolve();
        await (this.#ready.length < this.#max ? nextTurn() : this.#room.promise);
      }
      return {};
    } catch (thrown) {
      return { thrown };
    }
  }

  /** The items, in their order. To be read once. */
  async *items(): AsyncGenerator<Item, void> {
    for (;;) {
      const item = this.#ready.shift();
      if (item !== undefined) {
        this.#room.resolve();
        this.#room = Promise.withResolvers();
        yield item;
      } else if (this.#end === undefined) {
        this.#news = Promise.withResolvers();
        await this.#news.promise;
      } else if ("thrown" in this.#end) throw this.#end.thrown;
      else return;
    }
  }
}
