import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { pairLines, plain, sectionLines, tableLines, type Column } from "../../src/cli/table.ts";

type Row = { readonly name: string; readonly count?: number };
const columns: readonly Column<Row>[] = [
  { title: "NAME", text: (row) => row.name, maxChars: 6 },
  { title: "N", text: (row) => row.count?.toString(), isNumber: true },
];

test("columns are as wide as what stands in them, numbers at the right", () => {
  const rows = [{ name: "a", count: 5 }, { name: "bcdef", count: 1234 }, { name: "" }];
  assert.deepEqual(tableLines(columns, rows), [
    "NAME      N",
    "a         5",
    "bcdef  1234",
    "-         -",
  ]);
});

test("a long text is cut where its column says so", () => {
  assert.equal(tableLines(columns, [{ name: "abcdefgh", count: 1 }])[1], "abcde…  1");
});

test("what a terminal would obey is not printed", () => {
  assert.equal(
    plain("a\u001b[31mb\u0007\u009b\r\n\u202ec"),
    "a\uFFFD[31mb\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDc",
  );
  assert.equal(plain("käse – 机 😀"), "käse – 机 😀");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.doesNotMatch(tableLines(columns, [{ name: text }]).join(""), /[\p{Cc}\p{Cf}]/u);
      assert.doesNotMatch(pairLines([["x", text]]).join(""), /[\p{Cc}\p{Cf}]/u);
    }),
  );
});

test("pairs without a value are left out, and the rest stands in line", () => {
  assert.deepEqual(
    pairLines([
      ["a", "1"],
      ["long name", "2"],
      ["b", undefined],
      ["c", ""],
    ]),
    ["a          1", "long name  2"],
  );
  assert.deepEqual(pairLines([]), []);
});

test("a section stands apart", () => {
  assert.deepEqual(sectionLines("Title", ["x"]), ["", "Title", "  x"]);
});
