import assert from "node:assert/strict";
import { test } from "node:test";

import { denoOutcome, denoSummary } from "../../build/deno-outcomes.ts";

const FAILED = `
 FAILURES${" "}

a device is found => ./test/api/devices.test.ts:4:1
a run ... its end => ./test/dire/runs.test.ts:6:38
./test/db/tx.test.ts (uncaught error)

\u001B[31mFAILED\u001B[0m | 1 passed (4 steps) | 3 failed (2 steps) | 1 ignored \u001B[38;5;245m(140ms)\u001B[0m

error: Test failed
`;

test("what Deno says at its end is read, with the names of what failed", () => {
  assert.deepEqual(denoOutcome("\nok | 12 passed (10 steps) | 0 failed (9s)\n", 0), {
    passed: 12,
    failed: 0,
    ignored: 0,
    failures: [],
  });
  assert.deepEqual(denoOutcome(FAILED, 1), {
    passed: 1,
    failed: 3,
    ignored: 1,
    failures: [
      "a device is found => ./test/api/devices.test.ts:4:1",
      "a run ... its end => ./test/dire/runs.test.ts:6:38",
      "./test/db/tx.test.ts (uncaught error)",
    ],
  });
});

test("the ends of several that ran one after the other are summed up", () => {
  const good = "\nok | 12 passed (10 steps) | 0 failed (9s)\n";
  const { passed, failed, ignored, failures } = denoOutcome(good + FAILED + good + FAILED, 1);
  assert.deepEqual([passed, failed, ignored, failures.length], [26, 6, 2, 6]);
});

test("one that had passed and then crashed counts once, when it is run again", () => {
  const good = "\nok | 12 passed (10 steps) | 0 failed (9s)\n\n";
  const crashed = `${good}a test ... ok\n${good}Deno itself crashed (SIGABRT) in: a.test.ts\n${good}`;
  assert.equal(denoOutcome(crashed, 0).passed, 24);
  const unfinished = `${good}a test ...Deno itself crashed (SIGSEGV) in: a.test.ts\n${good}`;
  assert.equal(denoOutcome(unfinished, 0).passed, 24);
});

test("a crash beside failed tests is named too", () => {
  const { failed, failures } = denoOutcome(FAILED, 139);
  assert.deepEqual([failed, failures.at(-1)], [4, "deno test ended with 139"]);
});

test("a Deno that ended without a last word, or with a code that it does not explain, is a failure", () => {
  assert.equal(denoOutcome("running 3 tests", 0).failed, 1);
  assert.deepEqual(denoOutcome("ok | 3 passed | 0 failed (1s)", 137), {
    passed: 3,
    failed: 1,
    ignored: 0,
    failures: ["deno test ended with 137"],
  });
});

test("several Denos are summed up in a line as its own, behind the names of what failed", () => {
  const good = denoOutcome("ok | 2 passed | 0 failed | 1 ignored (1s)", 0);
  assert.equal(denoSummary([good, good]), "ok | 4 passed | 0 failed | 2 ignored");
  const lines = denoSummary([denoOutcome(FAILED, 1), good]).split("\n");
  assert.equal(lines[1], "a run ... its end => ./test/dire/runs.test.ts:6:38");
  assert.equal(lines.at(-1), "FAILED | 3 passed | 3 failed | 2 ignored");
});
