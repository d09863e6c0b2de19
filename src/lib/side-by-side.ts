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
