/** How many connections a pool may open, as it is seen to wait: pure, asked once an interval of the queue. */

/** What a pool's size is decided by. */
export interface PoolDemand {
  readonly size: number;
  /** Where it began, and goes back to. */
  readonly least: number;
  /** Never more: the process's share of max_connections. */
  readonly most: number;
  /** Least wait of the interval, ms. */
  readonly delayMs: number;
  /** DATABASE_QUEUE_TARGET_MS. */
  readonly targetMs: number;
  /** Intervals since anybody had to wait. */
  readonly calmIntervals: number;
}

/** Part of the target that a whole interval may wait before connections are added: well before anything is dropped. */
const PATIENCE = 0.25;
/** A quarter more at a time: from 40 to 80 in four intervals, 8 s by default. */
const GROWTH = 1.25;
/** As long as nobody waits, connections that were added are given up after so many intervals, a minute by default. */
const CALM_INTERVALS = 30;

/** The size from now on. */
export function nextPoolSize(demand: PoolDemand): number {
  const { size, least, most, delayMs, targetMs, calmIntervals } = demand;
  const grown = Math.max(size, Math.min(most, Math.ceil(size * GROWTH)));
  if (delayMs > targetMs * PATIENCE) return grown;
  return calmIntervals >= CALM_INTERVALS ? Math.min(size, least) : size;
}
