import assert from "node:assert/strict";
import { test } from "node:test";

import {
  neverRun,
  type TestOutcome,
  sharesOf,
  skippedReport,
  sumOf,
} from "../../build/test-outcomes.ts";

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

test("files are shared out whole, each once, and in shares that differ by one at most", () => {
  const files = ["a", "b", "c", "d", "e"];
  assert.deepEqual(sharesOf(files, 2), [
    ["a", "c", "e"],
    ["b", "d"],
  ]);
  assert.deepEqual(sharesOf(["a"], 2), [["a"]]);
});

test("the shares of a run add up, with what each passed over", () => {
  const counts = { all: 3, passed: 1, failed: 1, skipped: 1 };
  const passedOver = [{ name: "needs root", file: "test/a.test.ts", reason: "is for root" }];
  const sum = sumOf([
    { counts, skipped: passedOver, outcomes: [{ test: "a", ran: true }] },
    { counts, skipped: [], outcomes: [{ test: "b", ran: false }] },
  ]);
  assert.deepEqual(sum.counts, { all: 6, passed: 2, failed: 2, skipped: 2 });
  assert.deepEqual(
    sum.outcomes.map(({ test: name }) => name),
    ["a", "b"],
  );
  assert.equal(skippedReport(sum.skipped), "skipped, is for root:\n  test/a.test.ts: needs root");
});
