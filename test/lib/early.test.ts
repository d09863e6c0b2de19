import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import fc from "fast-check";

import { Early } from "../../src/lib/early.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("every item comes out once and in order, however many may be ahead", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 5 }), async (items, max) => {
      assert.deepEqual(await all(new Early(items, max).items()), items);
    }),
  );
});

test("items are made before anybody asks, as many as may be ahead and no more", async () => {
  let made = 0;
  const early = new Early(
    (function* () {
      for (;;) yield (made += 1);
    })(),
    3,
  );
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  assert.equal(made, 3);
  const items = early.items();
  assert.equal((await items.next()).value, 1);
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  assert.equal(made, 4);
});

test("an error comes out behind the items before it, and nowhere when nobody asks", async () => {
  const failing = function* (): Generator<number> {
    yield 1;
    throw new Error("row 2");
  };
  const items = new Early(failing(), 4).items();
  assert.deepEqual(await items.next(), { done: false, value: 1 });
  await assert.rejects(items.next(), /row 2/);
  void new Early(failing(), 4);
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
});
