/**
 * Runs `work` over the items, at most `width` at a time, in order of the items. Ends when all work has ended, also
 * after a failure (the first is thrown then), so that nothing goes on behind the caller's back.
 */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return;
      await work(item).catch((thrown: unknown) => {
        failed = true;
        throw thrown;
      });
    }
  };
  const workers = Array.from({ length: Math.min(width, items.length) }, worker);
  const outcomes = await Promise.allSettled(workers);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
