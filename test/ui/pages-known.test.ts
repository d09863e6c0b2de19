import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  abovePage,
  afterPage,
  nothingKnown,
  pageOf,
  pagesAt,
  startsOf,
  type PageRead,
  type Place,
} from "../../src/ui/parts/pages-known.ts";

const PAGE = 100;

/** A list of so many rows, whose places are the numbers of rows; it is entered at `from`. */
function listOf(total: number): (place: Place) => PageRead {
  return ({ after, before, from }) => {
    const start =
      before === undefined ? Number(after ?? from ?? 0) : Math.max(0, Number(before) - PAGE);
    const end = before === undefined ? Math.min(total, start + PAGE) : Number(before);
    return {
      rows: end - start,
      next: end < total ? String(end) : undefined,
      previous: start > 0 ? String(start) : undefined,
    };
  };
}

test("a list that is read to both its ends has as many rows as there are, wherever it was entered and however pages are read again", () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.nat(5_000), fc.array(fc.nat(60)), (total, entered, again) => {
      const from = Math.min(entered, total);
      const read = listOf(total);
      let known = nothingKnown(from === 0 ? {} : { from: String(from) });
      for (let page = 0; page < known.pages.length; page += 1) {
        known = afterPage(known, { page, ...read(known.pages[page]?.place ?? {}) });
        const old = (again[page % Math.max(1, again.length)] ?? 0) % (page + 1);
        known = afterPage(known, { page: old, ...read(known.pages[old]?.place ?? {}) });
      }
      while (known.above !== undefined) {
        const { above } = known;
        known = abovePage(known, { above, ...read({ before: above }) });
        known = abovePage(known, { above, ...read({ before: above }) });
      }
      assert.equal(startsOf(known, PAGE).at(-1), total);
      assert.equal(known.rowsAbove, from);
    }),
  );
});

test("a row stands on the page that begins last before it", () => {
  const starts = [0, 40, 140, 240];
  assert.deepEqual(
    [0, 39, 40, 139, 239, 900].map((row) => pageOf(row, starts)),
    [0, 0, 1, 1, 2, 2],
  );
  assert.deepEqual(pagesAt({ first: 30, last: 150 }, starts), [0, 1, 2]);
  assert.deepEqual(pagesAt({ first: 0, last: 0 }, startsOf(nothingKnown(), PAGE)), [0]);
});
