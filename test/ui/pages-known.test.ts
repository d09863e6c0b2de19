import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { afterPage, NOTHING_KNOWN, pagesAt, rowsKnown } from "../../src/ui/parts/pages-known.ts";

const PAGE = 100;

test("a list that is read to its end has as many rows as there are, however pages are read again meanwhile", () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.array(fc.nat(60)), (total, again) => {
      const pages = Math.max(1, Math.ceil(total / PAGE));
      const read = (page: number) => ({
        page,
        rows: Math.min(PAGE, total - page * PAGE),
        next: page + 1 < pages ? `after-${page}` : undefined,
      });
      let known = NOTHING_KNOWN;
      for (let page = 0; page < pages; page += 1) {
        known = afterPage(known, read(page));
        const old = (again[page % Math.max(1, again.length)] ?? 0) % (page + 1);
        known = afterPage(known, read(old));
      }
      assert.equal(rowsKnown(known, PAGE), total);
    }),
  );
});

test("only pages that are known are asked for", () => {
  const known = { cursors: [undefined, "a", "b"], lastRows: undefined };
  assert.deepEqual(pagesAt({ first: 150, last: 220, pageRows: PAGE }, known), [1, 2]);
  assert.deepEqual(pagesAt({ first: 900, last: 950, pageRows: PAGE }, known), [2]);
  assert.deepEqual(pagesAt({ first: 0, last: 0, pageRows: PAGE }, NOTHING_KNOWN), [0]);
});
