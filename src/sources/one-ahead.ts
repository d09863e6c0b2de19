/**
 * The same items in the same order, each asked for while the one before is worked on: so one item more is held, and waiting for
 * the next overlaps with work. Whoever leaves early must end what is still asked for himself.
 */
export async function* oneAhead<Item>(
  items: AsyncIterator<Item>,
): AsyncGenerator<Item, void, void> {
  let next = ask(items);
  for (;;) {
    const { done, value } = await next;
    if (done === true) return;
    next = ask(items);
    yield value;
  }
}

/** A failure is met when the item is awaited; until then nobody listens. */
function ask<Item>(items: AsyncIterator<Item>): Promise<IteratorResult<Item>> {
  const asked = items.next();
  asked.catch(() => undefined);
  return asked;
}
