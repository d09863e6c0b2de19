/** docs/faults.md names tests and faults that are there. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { FAULTS } from "../soak/plan.ts";
import { isTest, readDocument, sectionOf, tableOf } from "../support/markdown.ts";

const PAGE = readDocument("docs/faults.md");
const STEPS = tableOf(sectionOf(PAGE, "## Step by step"));
const ROWS = [...STEPS, ...tableOf(sectionOf(PAGE, "## Whatever breaks"))];

test("every step and every fault is shown by a test that is there, by these words", () => {
  assert.ok(ROWS.length > 35);
  const bare = ROWS.flatMap((row) =>
    (row.at(-1) ?? "")
      .split("; ")
      .filter((mention) => !mention.startsWith("soak: ") && !isTest(mention))
      .map((mention) => `${row[0]}: ${mention}`),
  );
  assert.deepEqual(bare, []);
});

test("the faults of a soak that it names are those that a soak makes", () => {
  const named = ROWS.flatMap((row) => (row.at(-1) ?? "").split("; "))
    .filter((mention) => mention.startsWith("soak: "))
    .flatMap((mention) => mention.match(/"[^"]+"/g) ?? []);
  assert.ok(named.length > 2);
  const unknown = named.filter((name) => !FAULTS.some((fault) => `"${fault}"` === name));
  assert.deepEqual(unknown, []);
});

test("steps are numbered", () => {
  const numbers = STEPS.map(([step = ""]) => Number.parseInt(step, 10));
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i + 1),
  );
});
