/** Patience of tests that ask many things: with who runs and does not answer, not with who was stopped. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { Patience } from "../support/patience.ts";

/** Between two looks, ms. */
const LOOK_MS = 5;

const never = <T>(): Promise<T> => Promise.withResolvers<T>().promise;

test("what is answered in time is given, whatever it is", async () => {
  using patience = new Patience(60, LOOK_MS);
  assert.equal(await patience.within(Promise.resolve("answer"), "late"), "answer");
  await assert.rejects(patience.within(Promise.reject(new Error("no")), "late"), /no/);
});

test("who does not answer is waited for so long and no longer, each for himself", async () => {
  using patience = new Patience(0.05, LOOK_MS);
  const startMs = performance.now();
  const late = patience.within(never<string>(), "late");
  assert.equal(await patience.within(setImmediate("at once"), "late"), "at once");
  // The timer is let go of by the process: something has to keep it for as long.
  const alive = setInterval(() => undefined, LOOK_MS);
  assert.equal(await late, "late");
  clearInterval(alive);
  assert.ok(performance.now() - startMs >= 50);
});

test("time in which the process stood still does not count", async () => {
  using patience = new Patience(0.05, LOOK_MS);
  const asked = patience.within(setImmediate("answer"), "late");
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs);
  assert.equal(await asked, "answer");
});
