/** How fast a source may be told to be asked. */

/** Requests a second. One in 100 s is slower than any API asks for; 1,000 a second is none. */
export const RATE = { min: 0.01, max: 1_000 } as const;

/** Requests at a time: no inventory's API serves more for one client's sake. */
export const CONCURRENT_MAX = 16;
