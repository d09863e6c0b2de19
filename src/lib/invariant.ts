/** Crashes loudly when something that cannot be false is: a bug of ours, never bad input. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${why}`);
}
