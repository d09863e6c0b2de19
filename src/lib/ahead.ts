/**
 * Items in their order, of which up to `count` are made before they are asked for: while one is worked, those behind it are under way.
 * With 0 each is made when it is asked for. An error comes out in its item's place. `source` makes one at a time; it is ended with this.
 */
export async function* madeAhead<Item>(
  source: AsyncGenerator<Item, void>,
  count: number,
): AsyncGenerator<Item, void> {
  const making: Promise<IteratorResult<Item, void>>[] = [];
  try {
    for (;;) {
      while (making.length <= count) making.push(made(source));
      const next = await making.shift();
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    await source.return();
  }
}

/** Should nobody ask for it any more, its error is nobody's. */
function made<Item>(source: AsyncGenerator<Item, void>): Promise<IteratorResult<Item, void>> {
  const next = source.next();
  next.catch(() => {});
  return next;
}
