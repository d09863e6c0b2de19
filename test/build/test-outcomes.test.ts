import assert from "node:assert/strict";
import { test } from "node:test";

import { neverRun, type TestOutcome } from "../../build/test-outcomes.ts";

const ran = (...tests: readonly string[]): readonly TestOutcome[] =>
  tests.map((name) => ({ test: name, ran: true }));
const skipped = (...tests: readonly string[]): readonly TestOutcome[] =>
  tests.map((name) => ({ test: name, ran: false }));

test("a test that is skipped in one run and runs in another was run", () => {
  assert.deepEqual(
    neverRun([
      [...ran("a"), ...skipped("b")],
      [...ran("b"), ...skipped("a")],
    ]),
    [],
  );
});

test("a test that each run skips is named, also where some runs do not know it", () => {
  assert.deepEqual(neverRun([[...ran("a"), ...skipped("c", "b")], skipped("c"), ran("a")]), [
    "b",
    "c",
  ]);
});

test("of tests that share a name each must have run", () => {
  assert.deepEqual(
    neverRun([
      [...ran("a"), ...skipped("a")],
      [...ran("a"), ...skipped("a")],
    ]),
    ["a"],
  );
  assert.deepEqual(neverRun([[...ran("a"), ...skipped("a")], ran("a", "a")]), []);
});
