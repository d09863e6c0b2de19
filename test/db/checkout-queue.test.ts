/** Who waits for a connection, and who has waited too long; settings and meaning are DBConnection's. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { CheckoutQueue, type Dropped } from "../../src/db/checkout-queue.ts";
import { nextPoolSize } from "../../src/db/pool-size.ts";

const LIMITS = { targetMs: 100, intervalMs: 1_000 };
const names = (dropped: readonly Dropped<string>[]): readonly string[] =>
  dropped.map(({ request, waitedMs }) => `${request} after ${waitedMs}`);

test("whoever came first is served first, and a connection that nobody wants rests", () => {
  const queue = new CheckoutQueue<string>(LIMITS, 0);
  assert.deepEqual(queue.free(5), { next: undefined, dropped: [] });
  queue.join("a", 10);
  queue.join("b", 11);
  assert.equal(queue.length, 2);
  assert.equal(queue.free(12).next, "a");
  assert.equal(queue.free(13).next, "b");
  assert.equal(queue.free(14).next, undefined);
  assert.equal(queue.length, 0);
});

test("an interval that always waits longer than the target makes the queue slow, and then twice the target is the end", () => {
  const queue = new CheckoutQueue<string>(LIMITS, 0);
  queue.join("a", 0);
  queue.join("b", 100);
  // The first of an interval says only how long it waited: 150.
  assert.deepEqual(queue.free(150), { next: "a", dropped: [] });
  queue.join("c", 1_000);
  // The next interval begins with an interval behind it that never waited less than the target.
  assert.deepEqual(queue.free(1_150), { next: "b", dropped: [] });
  queue.join("d", 1_100);
  assert.deepEqual(names(queue.free(1_201).dropped), ["c after 201"]);
  assert.equal(queue.length, 0);
});

test("one request within the target keeps an interval from being slow", () => {
  const queue = new CheckoutQueue<string>(LIMITS, 0);
  queue.join("a", 0);
  queue.join("b", 600);
  queue.join("c", 700);
  assert.equal(queue.free(650).next, "a");
  assert.equal(queue.free(660).next, "b");
  assert.equal(queue.delayMs, 60);
  queue.join("d", 710);
  assert.deepEqual(queue.free(1_700), { next: "c", dropped: [] });
  assert.deepEqual(queue.free(2_600), { next: "d", dropped: [] });
});

test("where no connection comes free at all, looking once an interval finds it out", () => {
  const queue = new CheckoutQueue<string>(LIMITS, 0);
  queue.join("a", 10);
  queue.join("b", 2_900);
  assert.deepEqual(queue.look(1_000), []);
  assert.deepEqual(queue.look(2_000), [], "an interval without progress");
  assert.deepEqual(names(queue.look(3_000)), ["a after 2990"]);
  assert.equal(queue.length, 1);
});

type Step = { readonly at: number; readonly what: "join" | "free" | "look" };

const steps = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 8_000 }),
      what: fc.constantFrom<Step["what"]>("join", "free", "look"),
    }),
    { maxLength: 80 },
  )
  .map((all) => all.toSorted((a, b) => a.at - b.at));

test("every request is served or dropped once, in order, and nobody is dropped before twice the target", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const queue = new CheckoutQueue<number>(LIMITS, 0);
      let joined = 0;
      let left = 0;
      for (const { at, what } of all) {
        if (what === "join") queue.join((joined += 1), at);
        const freed = what === "free" ? queue.free(at) : { next: undefined, dropped: [] };
        const dropped = what === "look" ? queue.look(at) : freed.dropped;
        for (const { request, waitedMs } of dropped) {
          assert.equal(request, (left += 1));
          assert.ok(waitedMs > 2 * LIMITS.targetMs);
        }
        if (freed.next !== undefined) assert.equal(freed.next, (left += 1));
      }
      assert.equal(queue.length, joined - left);
    }),
  );
});

test("a higher target or interval never drops sooner where nothing comes free", () => {
  const droppedAt = (targetMs: number, intervalMs: number): number => {
    const queue = new CheckoutQueue<string>({ targetMs, intervalMs }, 0);
    queue.join("a", 0);
    for (let at = intervalMs; ; at += intervalMs) if (queue.look(at).length > 0) return at;
  };
  const limit = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(limit, limit, limit, (targetMs, intervalMs, more) => {
      const before = droppedAt(targetMs, intervalMs);
      assert.ok(droppedAt(targetMs + more, intervalMs) >= before);
      assert.ok(before > 2 * targetMs);
    }),
  );
  assert.equal(droppedAt(2_000, 2_000), 6_000);
  assert.equal(droppedAt(5_000, 5_000), 15_000);
});

test("a pool grows while whole intervals wait, never past its share, and goes back when nobody waits", () => {
  const demand = { size: 40, least: 40, most: 60, targetMs: 2_000, calmIntervals: 0, delayMs: 0 };
  assert.equal(nextPoolSize(demand), 40);
  assert.equal(nextPoolSize({ ...demand, delayMs: 600 }), 50);
  assert.equal(nextPoolSize({ ...demand, size: 50, delayMs: 600 }), 60);
  assert.equal(nextPoolSize({ ...demand, size: 60, delayMs: 1_900 }), 60);
  assert.equal(nextPoolSize({ ...demand, size: 60, calmIntervals: 29 }), 60);
  assert.equal(nextPoolSize({ ...demand, size: 60, calmIntervals: 30 }), 40);
  assert.equal(
    nextPoolSize({ ...demand, most: 40, delayMs: 1_900 }),
    40,
    "an explicit size stands",
  );
});
