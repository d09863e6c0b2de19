/** DIRE's decision as a function: nothing but the set of updates may change it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { resolveInMemory, type Answer } from "../support/dire-in-memory.ts";
import { updates } from "../support/dire-updates.ts";
import { instanceOf, type WireUpdate } from "../support/dire.ts";

function decide(all: readonly WireUpdate[]): Answer {
  return resolveInMemory(
    all.map((update) => ({ text: JSON.stringify(update), instance: instanceOf(update) })),
  );
}

/** What each update's text is about: the same text is always about the same device. */
function byText(all: readonly WireUpdate[]): ReadonlyMap<string, string | undefined> {
  const { ids } = decide(all);
  return new Map(all.map((update, i) => [JSON.stringify(update), ids[i]]));
}

test("order and redelivery change neither which updates are one device nor its id", () => {
  const shuffled = updates.chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.subarray(all),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([all, other, again]) => {
      assert.deepEqual(byText([...other, ...again]), byText(all));
    }),
    { numRuns: 300 },
  );
});

test("no device spans partitions, is older than its anchor, or shares its id", () => {
  fc.assert(
    fc.property(updates, (all) => {
      const { clusters } = decide(all);
      assert.equal(new Set(clusters.map(({ id }) => id)).size, clusters.length);
      for (const { nodes, anchor } of clusters) {
        assert.equal(new Set(nodes.map(({ key }) => key.partition)).size, 1);
        assert.ok(nodes.every(({ firstMs }) => firstMs >= anchor.firstMs));
      }
    }),
    { numRuns: 300 },
  );
});

test("another partition's updates change nothing", () => {
  fc.assert(
    fc.property(updates, updates, (all, others) => {
      const elsewhere = others.map((update) => ({ ...update, partition: "elsewhere" }));
      const together = byText([...all, ...elsewhere]);
      for (const [text, id] of byText(all)) assert.equal(together.get(text), id);
    }),
    { numRuns: 100 },
  );
});
