import { rounded } from "./section.ts";

/** Asks the API, and gives the body. Throws what is not a 200. */
export type Ask = (path: string) => Promise<string>;

/** How long something took, ms. */
export interface Timing {
  readonly p50: number;
  readonly p95: number;
}

/** Does something so many times, one after the other; the first, which warms caches, does not count. */
export async function timed(
  times: number,
  work: (nth: number) => Promise<unknown>,
): Promise<Timing> {
  const all: number[] = [];
  for (let nth = 0; nth <= times; nth += 1) {
    const began = performance.now();
    await work(nth);
    if (nth > 0) all.push(performance.now() - began);
  }
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): number => rounded(sorted[Math.ceil(share * times) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95) };
}
