import assert from "node:assert/strict";
import { test } from "node:test";

import { overlapped } from "../../src/lib/overlap.ts";

/** What was prepared, sent and done, in order; each item is done when the next was prepared, or at the end. */
function recorder(failing?: number): {
  readonly log: readonly string[];
  readonly run: (items: readonly number[]) => Promise<void>;
} {
  const log: string[] = [];
  let onPrepared = Promise.withResolvers<void>();
  const run = async (items: readonly number[]): Promise<void> => {
    const last = items.at(-1);
    await overlapped(items, {
      prepare: (item) => {
        log.push(`prepare ${item}`);
        onPrepared.resolve();
        return item;
      },
      send: async (item) => {
        // As a statement that waits for its turn: it is on its way when the microtask has run.
        await Promise.resolve();
        log.push(`send ${item}`);
        onPrepared = Promise.withResolvers();
        if (item !== last) await onPrepared.promise;
        if (item === failing) throw new Error(`item ${item}`);
        log.push(`done ${item}`);
      },
    });
  };
  return { log, run };
}

test("the next item is prepared while the one before is on its way, and never two are", async () => {
  const { log, run } = recorder();
  await run([1, 2, 3]);
  assert.deepEqual(log, [
    "prepare 1",
    "send 1",
    "prepare 2",
    "done 1",
    "send 2",
    "prepare 3",
    "done 2",
    "send 3",
    "done 3",
  ]);
});

test("an item that cannot be sent is the last, and its error comes out", async () => {
  const { log, run } = recorder(2);
  await assert.rejects(run([1, 2, 3, 4]), /item 2/);
  assert.equal(log.at(-1), "prepare 3");
});

test("what is under way when the next cannot be prepared is waited for", async () => {
  const log: string[] = [];
  const failing = overlapped([1, 2], {
    prepare: (item) => {
      if (item === 2) throw new Error("bug");
      return item;
    },
    send: async (item) => {
      await Promise.resolve();
      log.push(`done ${item}`);
    },
  });
  await assert.rejects(failing, /bug/);
  assert.deepEqual(log, ["done 1"]);
});

test("nothing to send is nothing to do", async () => {
  const { log, run } = recorder();
  await run([]);
  assert.deepEqual(log, []);
});
