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
  return (place) => {
    const { after, before, from } = place;
    const start =
      before === undefined ? Number(after ?? from ?? 0) : Math.max(0, Number(before) - PAGE);
    const end = before === undefined ? Math.min(total, start + PAGE) : Number(before);
    return {
      place,
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

test("pages read again after devices came and went show each device once, and none is left out", () => {
  const ids = fc.uniqueArray(fc.nat(2_000), { maxLength: 900 });
  fc.assert(
    fc.property(fc.array(ids, { minLength: 1, maxLength: 4 }), (lists) => {
      let known = nothingKnown();
      let shown: readonly number[] = [];
      for (const list of lists.map((one) => one.toSorted((a, b) => a - b))) {
        shown = [];
        for (let page = 0; page < known.pages.length; page += 1) {
          const place = known.pages[page]?.place ?? {};
          const beyond = list.filter((id) => id > Number(place.after ?? -1));
          const here = beyond.slice(0, PAGE);
          const next = beyond.length > PAGE ? String(here.at(-1)) : undefined;
          known = afterPage(known, { page, place, rows: here.length, next, previous: undefined });
          shown = [...shown, ...here];
        }
        assert.deepEqual(shown, list);
        assert.equal(startsOf(known, PAGE).at(-1), list.length);
      }
    }),
  );
});

test("an answer of a place that was moved since changes nothing", () => {
  const read = { page: 0, place: {}, rows: PAGE, previous: undefined };
  const known = afterPage(afterPage(nothingKnown(), { ...read, next: "a" }), {
    ...read,
    next: "b",
  });
  const late = { page: 1, place: { after: "a" }, rows: 7, next: undefined, previous: undefined };
  assert.equal(afterPage(known, late), known);
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
