/** The results of all, in their order; the error that came first comes out, and not before all are over. */
export async function allOver<T>(works: readonly Promise<T>[]): Promise<T[]> {
  try {
    return await Promise.all(works);
  } finally {
    await Promise.allSettled(works);
  }
}

/**
 * Two pieces of work at a time. The error that came first comes out, and not before both are over: what they share, such as a
 * transaction, is not used any more then.
 */
export async function sideBySide<A, B>(
  one: Promise<A>,
  other: Promise<B>,
): Promise<readonly [A, B]> {
  try {
    return await Promise.all([one, other]);
  } finally {
    await Promise.allSettled([one, other]);
  }
}
