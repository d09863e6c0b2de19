import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  abovePage,
  afterPage,
  hasFailed,
  isBeginReached,
  isEndReached,
  nothingKnown,
  pageOf,
  startsOf,
  type PageAsked,
  type PageRead,
  type Place,
} from "../../src/ui/parts/pages-known.ts";

const PAGE = 100;

/** A list of so many rows, whose places are the numbers of rows; it is entered at `from`. */
function listOf(total: number): (asked: PageAsked, more?: number) => PageRead {
  return ({ place, limit }, more = PAGE) => {
    const { after, before, from } = place;
    const isBackwards = before !== undefined || place.end === true;
    const end = isBackwards
      ? Number(before ?? total)
      : Math.min(total, Number(after ?? from ?? 0) + limit);
    const start = isBackwards ? Math.max(0, end - limit) : Number(after ?? from ?? 0);
    return {
      place,
      rows: end - start,
      next: end < total ? String(end) : undefined,
      previous: start > 0 ? String(start) : undefined,
      limit: more,
    };
  };
}

const ENTRY: PageAsked = { place: {}, limit: PAGE };

test("a list that is read to both its ends has as many rows as there are, wherever it was entered and however pages are read again", () => {
  fc.assert(
    fc.property(
      fc.nat(5_000),
      fc.option(fc.nat(5_000), { nil: undefined }),
      fc.array(fc.nat(60)),
      (total, entered, again) => {
        const read = listOf(total);
        // A page is larger the faster somebody scrolls.
        const more = (page: number): number => (((again[page] ?? 0) % 5) + 1) * PAGE;
        const from = Math.min(entered ?? Math.max(0, total - PAGE), total);
        const place: Place = entered === undefined ? { end: true } : { from: String(from) };
        let known = nothingKnown({ place: from === 0 ? {} : place, limit: PAGE });
        for (let page = 0; page < known.pages.length; page += 1) {
          known = afterPage(known, { page, ...read(known.pages[page] ?? ENTRY, more(page)) });
          const old = (again[page % Math.max(1, again.length)] ?? 0) % (page + 1);
          known = afterPage(known, { page: old, ...read(known.pages[old] ?? ENTRY, more(page)) });
        }
        assert.equal(isEndReached(known), true);
        while (known.above !== undefined && read(known.above).rows > 0) {
          const { above } = known;
          assert.equal(isBeginReached(known), false);
          known = abovePage(known, { above, ...read(above, more(known.pages.length)) });
          known = abovePage(known, { above, ...read(above) });
        }
        assert.equal(isBeginReached(known), true);
        assert.equal(startsOf(known).at(-1), total);
        assert.equal(known.rowsAbove, from);
      },
    ),
  );
});

test("pages read again after devices came and went show each device once, and none is left out", () => {
  const ids = fc.uniqueArray(fc.nat(2_000), { maxLength: 900 });
  fc.assert(
    fc.property(fc.array(ids, { minLength: 1, maxLength: 4 }), (lists) => {
      let known = nothingKnown(ENTRY);
      let shown: readonly number[] = [];
      for (const list of lists.map((one) => one.toSorted((a, b) => a - b))) {
        shown = [];
        for (let page = 0; page < known.pages.length; page += 1) {
          const place = known.pages[page]?.place ?? {};
          const beyond = list.filter((id) => id > Number(place.after ?? -1));
          const here = beyond.slice(0, PAGE);
          const next = beyond.length > PAGE ? String(here.at(-1)) : undefined;
          const read = { place, rows: here.length, next, previous: undefined, limit: PAGE };
          known = afterPage(known, { page, ...read });
          shown = [...shown, ...here];
        }
        assert.deepEqual(shown, list);
        assert.equal(startsOf(known).at(-1), list.length);
      }
    }),
  );
});

/** Rows by their numbers, as the API gives them: entered at a number, whether or not a row stands there. */
function pageOfRows(rows: readonly number[], place: Place): PageRead & { readonly ids: number[] } {
  const { after, before, from } = place;
  const isBackwards = before !== undefined;
  const beyond = isBackwards
    ? rows.filter((row) => row < Number(before))
    : rows.filter((row) => row > Number(after ?? -1) && row >= Number(from ?? -1));
  const ids = isBackwards ? beyond.slice(-SMALL) : beyond.slice(0, SMALL);
  const isLonger = beyond.length > SMALL;
  const [next, first] = [ids.at(-1), ids[0] ?? from];
  // Who goes forwards came from somewhere, or jumped: whether anything stands above is not looked up.
  const hasPrevious = isBackwards ? isLonger : (after ?? from) !== undefined;
  return {
    place,
    ids,
    rows: ids.length,
    next: (isBackwards || isLonger) && next !== undefined ? String(next) : undefined,
    previous: hasPrevious && first !== undefined ? String(first) : undefined,
    limit: SMALL,
  };
}

/** Rows of a page where lists are short. */
const SMALL = 3;

/** One thing that happens: an answer comes of some page or of what stands above, maybe of how the list was before, or it changes. */
type Happening =
  | { readonly kind: "page"; readonly page: number; readonly isLate: boolean }
  | { readonly kind: "above"; readonly isLate: boolean }
  | { readonly kind: "list"; readonly rows: readonly number[] };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("page"), page: fc.nat(8), isLate: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("above"), isLate: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("list"),
      rows: fc.uniqueArray(fc.nat(40), { maxLength: 25 }),
    }),
  },
);

test("whatever order answers come in while devices come and go, each is shown once in the end, above where the list was entered too", () => {
  const entry = fc.option(fc.nat(40), { nil: undefined });
  fc.assert(
    fc.property(entry, fc.array(happening, { maxLength: 60 }), (entered, happenings) => {
      const begin = entered === undefined ? {} : { from: String(entered) };
      let known = nothingKnown({ place: begin, limit: SMALL });
      let [list, old]: [readonly number[], readonly number[]] = [[], []];
      const readPage = (page: number, rows: readonly number[]): void => {
        const place = known.pages[page]?.place;
        if (place !== undefined) known = afterPage(known, { page, ...pageOfRows(rows, place) });
      };
      const readAbove = (rows: readonly number[]): void => {
        const { above } = known;
        if (above === undefined) return;
        known = abovePage(known, { above, ...pageOfRows(rows, above.place) });
      };
      for (const one of happenings) {
        if (one.kind === "list") [list, old] = [one.rows.toSorted((a, b) => a - b), list];
        else if (one.kind === "above") readAbove(one.isLate ? old : list);
        else readPage(one.page % known.pages.length, one.isLate ? old : list);
      }
      // In the end the list stands still and everything is read again, as each change of the devices makes the page do.
      for (let before; before !== known;) {
        before = known;
        for (let page = 0; page < known.pages.length; page += 1) readPage(page, list);
        readAbove(list);
      }
      const shown = known.pages.flatMap(({ place }) => pageOfRows(list, place).ids);
      assert.deepEqual(shown, list);
      assert.equal(startsOf(known).at(-1), list.length);
    }),
    { numRuns: 2_000 },
  );
});

test("an answer of a place that was moved since changes nothing", () => {
  const read = { page: 0, place: {}, rows: PAGE, previous: undefined, limit: PAGE };
  const known = afterPage(afterPage(nothingKnown(ENTRY), { ...read, next: "a" }), {
    ...read,
    next: "b",
  });
  const late = { ...read, page: 1, place: { after: "a" }, rows: 7, next: undefined };
  assert.equal(afterPage(known, late), known);
});

test("a row stands on the page that begins last before it", () => {
  const starts = [0, 40, 140, 240];
  assert.deepEqual(
    [0, 39, 40, 139, 239, 900].map((row) => pageOf(row, starts)),
    [0, 0, 1, 1, 2, 2],
  );
  assert.deepEqual(startsOf(nothingKnown(ENTRY)), [0, PAGE]);
});

test("a page has failed where nothing of it was ever read, not where it was only asked again", () => {
  const error = new Error("the core is away");
  assert.equal(hasFailed({ error, data: undefined }), true);
  assert.equal(hasFailed({ error, data: { devices: [] } }), false);
  assert.equal(hasFailed({ error: null, data: undefined }), false);
});
