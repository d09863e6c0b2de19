import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { afterFailure, afterSuccess, CLOSED, type Breaker } from "../../src/sources/breaker.ts";
import { newPace, takeToken } from "../../src/sources/pace.ts";
import { SourceGate } from "../../src/sources/source-gate.ts";
import { InstantClock } from "../support/instant-clock.ts";

const { signal } = new AbortController();

test("no second sees more requests than the pace allows, whenever they are wanted", () => {
  const wanted = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), wanted, (perSecond, gaps) => {
      let pace = newPace(perSecond);
      let nowMs = 1_000_000;
      const sent: number[] = [];
      for (const gap of gaps) {
        nowMs += gap;
        const taken = takeToken(pace, nowMs);
        pace = taken.pace;
        sent.push(nowMs + taken.waitMs);
      }
      for (const fromMs of sent) {
        const within = sent.filter((ms) => ms >= fromMs && ms < fromMs + 1_000).length;
        // A full bucket goes at once, and what a second brings follows.
        assert.ok(within <= 2 * perSecond + 1, `${within} in a second`);
      }
      assert.deepEqual(
        sent,
        sent.toSorted((a, b) => a - b),
      );
    }),
  );
});

test("a source without a pace never waits", () => {
  assert.equal(takeToken(newPace(Infinity), 0).waitMs, 0);
});

test("a breaker opens with the fifth failure in a row and closes with the second success", () => {
  let breaker: Breaker = CLOSED;
  for (let nth = 0; nth < 4; nth += 1) breaker = afterFailure(breaker, 1_000);
  assert.equal(breaker.state, "closed");
  assert.equal(afterFailure(afterSuccess(breaker), 1_000).state, "closed", "a success starts anew");
  breaker = afterFailure(breaker, 1_000);
  assert.deepEqual(breaker, { state: "half_open", count: 0, openUntilMs: 31_000 });
  const tried = afterSuccess(breaker);
  assert.equal(tried.state, "half_open");
  assert.equal(afterFailure(tried, 40_000).openUntilMs, 70_000, "one failure opens it again");
  assert.deepEqual(afterSuccess(tried), CLOSED);
});

test("a gate keeps every request back while the source is failing, and says so", async () => {
  const clock = new InstantClock();
  const gate = new SourceGate();
  const waits: unknown[] = [];
  const pass = async (): Promise<void> => {
    using _ = await gate.pass(clock, signal, (wait) => void waits.push(wait));
  };
  for (let nth = 0; nth < 4; nth += 1) gate.failed(clock.now());
  await pass();
  assert.deepEqual(waits, []);
  gate.failed(clock.now());
  await pass();
  assert.deepEqual(waits, [{ reason: "retry", ms: 30_000 }]);
});

test("a rest that one request was asked for holds for all of them", async () => {
  const clock = new InstantClock();
  const gate = new SourceGate();
  gate.askedToWait(clock.now() + 7_000);
  await Promise.all([gate.pass(clock, signal), gate.pass(clock, signal)]);
  assert.equal(clock.slept[0], 7_000);
});

test("a gate with a pace spaces requests, and a pull that is cancelled leaves it at once", async () => {
  const clock = new InstantClock();
  const gate = new SourceGate({ requestsPerSecond: 2, concurrentRequests: 6 });
  const startMs = clock.now();
  for (let nth = 0; nth < 6; nth += 1) await gate.pass(clock, signal);
  assert.equal(clock.now() - startMs, 2_000);
  const cancel = new AbortController();
  cancel.abort(new Error("cancelled"));
  gate.askedToWait(clock.now() + 1_000);
  await assert.rejects(gate.pass(clock, cancel.signal), /cancelled/);
});
