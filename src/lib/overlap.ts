/**
 * Prepares and sends items one after the other: while one is on its way, the next is prepared. What is prepared must not depend on
 * what was sent. The first error comes out, once nothing is under way any more.
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
  let underWay: Promise<void> | undefined;
  try {
    for (const item of items) {
      const ready = prepare(item);
      await underWay;
      underWay = send(ready);
    }
  } finally {
    await underWay;
  }
}
