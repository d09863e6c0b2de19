import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { mergeRows, type MergedRow, type SortedRows } from "../../src/sources/armis-merge.ts";
import type { ArmisRow } from "../../src/sources/armis-page.ts";

/** Rows that become readable page by page. */
class PagedRows implements SortedRows {
  readonly label: string;
  #pages: ArmisRow[][];
  #rows: ArmisRow[] = [];

  constructor(label: string, pages: ArmisRow[][]) {
    this.label = label;
    this.#pages = pages;
  }

  get head(): ArmisRow | undefined {
    return this.#rows[0];
  }

  get isDry(): boolean {
    return this.#rows.length === 0 && this.#pages.length > 0;
  }

  take(): void {
    this.#rows = this.#rows.slice(1);
  }

  fill(): void {
    const [page = [], ...rest] = this.#pages;
    this.#pages = rest;
    this.#rows = page;
  }
}

function rowsOf(ids: readonly number[]): ArmisRow[] {
  return ids.map((id, offset) => ({ offset, id, record: { id } }));
}

function pagesOf(ids: readonly number[], size: number): ArmisRow[][] {
  const rows = rowsOf(ids.toSorted((a, b) => a - b));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, nth) =>
    rows.slice(nth * size, (nth + 1) * size),
  );
}

function mergeAll(streams: readonly PagedRows[]): readonly MergedRow[] {
  const found: MergedRow[] = [];
  for (;;) {
    found.push(...mergeRows(streams).found);
    const dry = streams.filter((stream) => stream.isDry);
    if (dry.length === 0) return found;
    for (const stream of dry) stream.fill();
  }
}

const idSets = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), {
  minLength: 1,
  maxLength: 4,
});

test("several sorted streams become one in which each id occurs once, with the labels that found it", () => {
  fc.assert(
    fc.property(idSets, fc.integer({ min: 1, max: 7 }), (sets, size) => {
      const streams = sets.map((set, nth) => new PagedRows(`q${nth}`, pagesOf(set, size)));
      const expected = [...new Set(sets.flat())].toSorted((a, b) => a - b);
      const merged = mergeAll(streams);
      assert.deepEqual(
        merged.map(({ id }) => id),
        expected,
      );
      for (const { id, labels } of merged) {
        assert.deepEqual(
          labels,
          sets.flatMap((set, nth) => (set.includes(id) ? [`q${nth}`] : [])),
        );
      }
    }),
  );
});

test("records without id are passed on as rejected, from every stream", () => {
  const bad: ArmisRow = { offset: 0, rejected: { nativeId: "x", reason: "record has no id" } };
  const streams = [
    new PagedRows("a", [[bad, ...rowsOf([3])]]),
    new PagedRows("b", [[...rowsOf([3, 5]), bad]]),
  ];
  for (const stream of streams) stream.fill();
  const { found, rejected } = mergeRows(streams);
  assert.deepEqual(
    found.map(({ id, labels }) => [id, labels]),
    [
      [3, ["a", "b"]],
      [5, ["b"]],
    ],
  );
  assert.equal(rejected.length, 2);
});

test("a query without a label adds none", () => {
  const stream = new PagedRows("", [rowsOf([1])]);
  stream.fill();
  assert.deepEqual(mergeRows([stream]).found[0]?.labels, []);
});
