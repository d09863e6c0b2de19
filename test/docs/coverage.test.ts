/** docs/sync-runtime-coverage.md names files and tests that are there. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";

import { codeOf, isTest, readDocument } from "../support/markdown.ts";

const PAGE = readDocument("docs/sync-runtime-coverage.md");
const ROWS = PAGE.split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| the document says"))
  .map((line) => line.split(" | "));

test("every file that it names is there", () => {
  const paths = codeOf(PAGE).filter((code) => /^(?:src|test|docs)\//.test(code));
  assert.ok(paths.length > 60);
  const gone = paths.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)));
  assert.deepEqual(gone, []);
});

test("every test that it names is in the file that it says, by these words", () => {
  const gone = ROWS.flatMap(([, , shown = ""]) => shown.replace(/ \|$/, "").split("; "))
    .filter((mention) => mention !== "later")
    .filter((mention) => !isTest(mention));
  assert.deepEqual(gone, []);
});

test("every sentence is carried out somewhere or said to come later", () => {
  assert.ok(ROWS.length > 40);
  const bare = ROWS.filter(([, place = ""]) => !/`|^later: /.test(place));
  assert.deepEqual(bare, []);
});
