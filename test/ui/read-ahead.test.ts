import assert from "node:assert/strict";
import { test } from "node:test";

import { isIn, isSameWindow, pagesIn, windowOf } from "../../src/ui/parts/page-window.ts";
import {
  afterPage,
  nothingKnown,
  startsOf,
  type PagesKnown,
} from "../../src/ui/parts/pages-known.ts";
import {
  aheadOf,
  entered,
  FAST_PAGE_ROWS,
  PAGE_ROWS,
  STILL_MS,
  travelled,
  type Travel,
} from "../../src/ui/parts/read-ahead.ts";

const FRAME_MS = 17;

/** After so many frames, each of which goes on by `rows`. */
function scrolled(rows: number, frames: number, from: Travel = entered(0)): Travel {
  let travel = from;
  for (let frame = 0; frame < frames; frame += 1) {
    const at = { row: travel.row + rows, atMs: travel.atMs + FRAME_MS };
    travel = travelled(travel, at);
  }
  return travel;
}

/** A list of so many pages, all of them read. */
function listOf(pages: number): PagesKnown {
  let known = nothingKnown({ place: {}, limit: PAGE_ROWS });
  for (let page = 0; page < pages; page += 1) {
    const next = page === pages - 1 ? undefined : String(page);
    const place = known.pages[page]?.place ?? {};
    const read = { rows: PAGE_ROWS, next, previous: undefined, limit: PAGE_ROWS };
    known = afterPage(known, { page, place, ...read });
  }
  return known;
}

test("a list that nobody scrolled reads what is seen alone", () => {
  const { above, below, pageRows } = aheadOf(travelled(entered(0), { row: 0, atMs: 900 }));
  assert.deepEqual([above, below, pageRows], [0, 0, PAGE_ROWS]);
});

test("who scrolls slowly has a little read on both sides, who scrolls fast much of where he goes, in large pages", () => {
  const slow = aheadOf(scrolled(1, 3));
  assert.equal(slow.above, slow.below);
  assert.equal(slow.pageRows, PAGE_ROWS);
  const down = aheadOf(scrolled(18, 30));
  assert.ok(down.below > 1_000 && down.above === slow.above, JSON.stringify(down));
  assert.equal(down.pageRows, FAST_PAGE_ROWS);
  const up = aheadOf(scrolled(-18, 30, scrolled(18, 30)));
  assert.ok(up.above > 1_000 && up.below === slow.below, JSON.stringify(up));
});

test("however far somebody jumps, what is read ahead has an end, and who stands is no longer fast", () => {
  const jumped = travelled(entered(0), { row: 900_000, atMs: 20 });
  assert.ok(aheadOf(jumped).below <= 4 * FAST_PAGE_ROWS);
  const stood = travelled(jumped, { row: jumped.row, atMs: jumped.atMs + STILL_MS });
  assert.deepEqual(aheadOf(stood), aheadOf(scrolled(1, 3)));
});

test("a page read ahead is near and not seen, and rows within a page want no other pages", () => {
  const known = listOf(9);
  const list = { known, starts: startsOf(known) };
  const travel = scrolled(18, 30);
  const window = windowOf({ first: 90, last: 110, travel }, list);
  assert.deepEqual(pagesIn(window.seen), [0, 1]);
  assert.equal(isIn(2, window.seen), false);
  assert.equal(isIn(8, window.near), true);
  assert.equal(isSameWindow(window, windowOf({ first: 91, last: 111, travel }, list)), true);
  const further = windowOf({ first: 101, last: 121, travel }, list);
  assert.equal(isSameWindow(window, further), false);
});

test("rows that come above leave what is seen where it is", () => {
  const known = listOf(3);
  const shifted = { ...known, rowsAbove: PAGE_ROWS };
  const view = { first: 0, last: 20, travel: entered(0) };
  const before = windowOf(view, { known, starts: startsOf(known) });
  const after = windowOf(view, { known: shifted, starts: startsOf(shifted) });
  assert.deepEqual([before.isTopSeen, after.isTopSeen], [true, false]);
  assert.deepEqual([before.seen.from, after.seen.from], [0, 1]);
});
