import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import fc from "fast-check";

import { Outbox } from "../../src/agent/outbox.ts";
import type { Window } from "../../src/agent/window.ts";
import { WindowBuilder } from "../../src/agent/window.ts";
import type { Chunk } from "../../src/wire/chunk.ts";
import { readMessage } from "../support/strict-rules.ts";

const RUN = { runId: "run-1", serviceId: "service-1" };

function chunk(...entries: readonly unknown[]): Chunk {
  const json = JSON.stringify(entries);
  return { json, entries: entries.length, bytes: Buffer.byteLength(json) };
}

/** All windows of a run over these entries; `bytesMax` is small, so that few entries make many chunks. */
async function windowsOf(
  entries: readonly string[],
  { windowChunks, isComplete = true }: { windowChunks: number; isComplete?: boolean },
): Promise<readonly Window[]> {
  const windows: Window[] = [];
  const outbox = new Outbox({
    run: { ...RUN, windowChunks },
    chunkBytesMax: 1_000,
    receiveBytesMax: 8_192,
    deliver: (window) => {
      windows.push(window);
      return Promise.resolve();
    },
    onHeld: () => {},
  });
  for (const entry of entries) await outbox.add(entry);
  await outbox.finish({ isComplete });
  assert.equal(outbox.delivered.entries, entries.length - outbox.rejected);
  return windows;
}

const anyEntry = fc
  .record({ id: fc.nat(), text: fc.string({ unit: "binary", maxLength: 300 }) })
  .map((entry) => JSON.stringify(entry));

test("windows hold every device once, in order, numbered without gaps, with one final chunk, the last", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyEntry, { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (entries, windowChunks) => {
        const windows = await windowsOf(entries, { windowChunks });
        const chunks = windows.flatMap((window) => window.chunks);
        const read = chunks.map(({ message }) => readMessage(message));
        const written = read.flatMap((one) =>
          one.entries.map((entry) => JSON.stringify({ ...entry, sync_meta: undefined })),
        );
        assert.deepEqual(written, entries);
        assert.deepEqual(
          read.map(({ meta }) => meta.chunk_index),
          chunks.map((_, index) => index),
        );
        assert.deepEqual(
          read.map(({ meta }) => meta.is_final),
          chunks.map((_, index) => index === chunks.length - 1),
        );
        for (const { meta, bytes } of read) {
          assert.equal(meta.sync_run_id, "run-1");
          assert.equal(meta.sync_service_id, "service-1");
          assert.equal(meta.total_chunks, meta.is_final ? chunks.length : undefined);
          assert.equal(meta.total_devices, meta.is_final ? entries.length : undefined);
          assert.ok(bytes <= 4_096);
        }
        for (const [nth, window] of windows.entries()) {
          const isLast = nth === windows.length - 1;
          assert.ok(isLast ? window.chunks.length >= 1 : window.chunks.length === windowChunks);
          assert.ok(window.chunks.length <= windowChunks);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a chunk's hash is over its message as it is sent", async () => {
  const [window] = await windowsOf(['{"a":"ä"}'], { windowChunks: 4 });
  const [only] = window?.chunks ?? [];
  assert.ok(only !== undefined);
  assert.equal(only.sha256, createHash("sha256").update(only.message).digest("hex"));
});

test("a run that broke off has no final chunk", async () => {
  const windows = await windowsOf(['{"a":1}', '{"a":2}'], { windowChunks: 4, isComplete: false });
  const metas = windows.flatMap(({ chunks }) =>
    chunks.map(({ message }) => readMessage(message).meta),
  );
  assert.deepEqual(
    metas.map(({ is_final, total_chunks }) => [is_final, total_chunks]),
    [[false, undefined]],
  );
});

test("a run of nothing has no window", async () => {
  assert.deepEqual(await windowsOf([], { windowChunks: 4 }), []);
});

test("a window goes out only when there is a chunk behind it", () => {
  const builder = new WindowBuilder({ ...RUN, windowChunks: 2 });
  assert.equal(builder.add(chunk({ a: 1 })), undefined);
  assert.equal(builder.add(chunk({ a: 2 })), undefined);
  assert.equal(builder.add(chunk({ a: 3 }))?.chunks.length, 2);
  const last = builder.finish({ isComplete: true });
  assert.deepEqual(
    last?.chunks.map(({ message }) => readMessage(message).meta.is_final),
    [true],
  );
});

test("an entry that fits no chunk is left out and counted, and the others go on", async () => {
  const huge = JSON.stringify({ text: "x".repeat(8_000) });
  const windows = await windowsOf(['{"a":1}', huge, '{"a":2}'], { windowChunks: 4 });
  assert.equal(
    windows.reduce((sum, { entries }) => sum + entries, 0),
    2,
  );
});

test("while a window is on its way the next one is filled, and then the pull has to wait", async () => {
  const gate = Promise.withResolvers<void>();
  let heldMax = 0;
  const outbox = new Outbox({
    run: { ...RUN, windowChunks: 2 },
    chunkBytesMax: 1_000,
    receiveBytesMax: 8_192,
    deliver: () => gate.promise,
    onHeld: (bytes) => {
      heldMax = Math.max(heldMax, bytes);
    },
  });
  const entry = JSON.stringify({ text: "x".repeat(400) });
  let taken = 0;
  const adding = (async () => {
    for (; taken < 100; taken += 1) await outbox.add(entry);
    await outbox.finish({ isComplete: true });
  })();
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  // One entry a chunk: two chunks on their way, two that wait to follow, the newest, and the one being filled.
  assert.equal(taken, 5);
  assert.ok(heldMax <= 6 * 1_000, `${heldMax} bytes were held`);
  gate.resolve();
  await adding;
  assert.equal(outbox.delivered.entries, 100);
  assert.ok(heldMax <= 6 * 1_000, `${heldMax} bytes were held`);
});

test("a window that is refused stops the adding with that refusal", async () => {
  const outbox = new Outbox({
    run: { ...RUN, windowChunks: 1 },
    chunkBytesMax: 1_000,
    receiveBytesMax: 8_192,
    deliver: () => Promise.reject(new Error("refused")),
    onHeld: () => {},
  });
  const entry = JSON.stringify({ text: "x".repeat(400) });
  await assert.rejects(async () => {
    for (let nth = 0; nth < 10; nth += 1) await outbox.add(entry);
  }, /refused/);
  assert.ok(outbox.broken.aborted);
  await assert.rejects(outbox.settle(), /refused/);
  assert.deepEqual(outbox.delivered, { chunks: [], entries: 0 });
});
