import { Early } from "./early.ts";

/** Items that are ready before their turn: as much as a few statements take, so that a longer wait for one is filled too. */
const READY_MAX = 8;

/**
 * Prepares and sends items one after the other: while one is on its way, or waits for its turn, those behind it are prepared. What is
 * prepared must not depend on what was sent. The first error comes out, once nothing is under way any more.
 */
export async function overlapped<Item, Ready>(
  items: Iterable<Item>,
  {
    prepare,
    send,
  }: {
    readonly prepare: (item: Item) => Ready;
    readonly send: (ready: Ready) => Promise<void>;
  },
): Promise<void> {
  const ready = new Early(Iterator.from(items).map(prepare), READY_MAX);
  for await (const item of ready.items()) await send(item);
}
