/** How far ahead of who scrolls a long list is read, and how much at a time: by how fast, and which way. Pure. */

/** Where somebody was last, and how fast. */
export interface Travel {
  readonly atMs: number;
  readonly row: number;
  /** Rows a second, below zero upwards. */
  readonly speed: number;
  /** Whether the list was scrolled since it was entered. */
  readonly hasMoved: boolean;
}

/** What is to be read beside what is seen. */
export interface Ahead {
  readonly above: number;
  readonly below: number;
  /** Rows of the pages that are asked for next. */
  readonly pageRows: number;
}

/** Rows of a page for who reads: two screens of a large display, and 60 kB. */
export const PAGE_ROWS = 100;
/** Rows of a page for who scrolls fast: as many as the API gives. A row of it costs a third, and there is one wait for five. */
export const FAST_PAGE_ROWS = 500;
/** Rows a second from which pages are large: nobody reads them, and pages of 100 would be two a second and more. */
const FAST_SPEED = 200;
/** Rows on both sides of what is seen that are read too. */
const NEAR_ROWS = 60;
/** What of the way is read before somebody gets there, s: the answers of a busy core, two after each other. */
const AHEAD_S = 1.5;
/** However fast somebody scrolls: some 1.5 MB of JSON. A wheel turned as hard as one can passes 1,000 rows a second. */
const AHEAD_MAX_ROWS = 2_000;
/** How much the newest movement says of the speed: a wheel goes in steps, and pauses between them. */
const NEWEST_SHARE = 0.3;
/** After that long without movement somebody stands, ms. */
export const STILL_MS = 600;

/** A list was entered at a row. */
export function entered(row: number): Travel {
  return { atMs: 0, row, speed: 0, hasMoved: false };
}

/** After what is seen began at a row, maybe at another one than before. */
export function travelled(before: Travel, { row, atMs }: Pick<Travel, "row" | "atMs">): Travel {
  const tookMs = atMs - before.atMs;
  const hasMoved = before.hasMoved || row !== before.row;
  if (tookMs >= STILL_MS) return { atMs, row, speed: 0, hasMoved };
  // Two movements within a millisecond are one, and none is measured by no time.
  if (tookMs < 1) return before;
  const now = ((row - before.row) * 1_000) / tookMs;
  return { atMs, row, speed: before.speed + (now - before.speed) * NEWEST_SHARE, hasMoved };
}

/** What is to be read for who goes so; before anybody moved nothing but what is seen, so that a first load is one page. */
export function aheadOf({ speed, hasMoved }: Travel): Ahead {
  const near = hasMoved ? NEAR_ROWS : 0;
  const rows = Math.round(Math.min(AHEAD_MAX_ROWS, Math.max(near, Math.abs(speed) * AHEAD_S)));
  return {
    above: speed < 0 ? rows : near,
    below: speed > 0 ? rows : near,
    pageRows: Math.abs(speed) >= FAST_SPEED ? FAST_PAGE_ROWS : PAGE_ROWS,
  };
}
