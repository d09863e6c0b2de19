/** SYNC_INGESTOR_BATCH_CONCURRENCY: how far the sorting of a tenant's chunks may be ahead of their writing. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { sortedAhead } from "../../src/dire/work.ts";
import type { WaitingChunk } from "../../src/inbox/inbox.ts";
import { nextTurn } from "../../src/lib/turn.ts";

const SOURCE = "0e6c3f2a-0000-4000-8000-000000000001";
const CHUNKS = 5;
/** As many entries as are sorted together. */
const ENTRIES = 4_000;
/** Turns of the event loop in which a chunk that may be sorted is sorted. */
const TURNS = 200;

/** Chunks of full size, and how many of them were looked into. */
function newGroup(): { readonly group: readonly WaitingChunk[]; readonly begun: Set<number> } {
  const begun = new Set<number>();
  const sources = [{ serviceId: SOURCE, type: "netbox", enabled: true }];
  const group = Array.from({ length: CHUNKS }, (_, chunkIndex): WaitingChunk => {
    const updates = Array.from({ length: ENTRIES }, (_one, no) => ({
      source: "netbox",
      metadata: { netbox_device_id: `${chunkIndex}-${no}` },
    }));
    const message = Buffer.from(JSON.stringify(updates));
    return {
      agentId: "agent-1",
      runId: "run",
      chunkIndex,
      inboxNo: chunkIndex,
      receivedMs: 0,
      attempts: 0,
      sender: { agentId: "agent-1", partition: "default", sources },
      get message(): Buffer {
        begun.add(chunkIndex);
        return message;
      },
    };
  });
  return { group, begun };
}

for (const concurrency of [1, 2, 4]) {
  test(`BATCH_CONCURRENCY: with ${concurrency}, as many chunks are under way while the first is written`, async () => {
    const { group, begun } = newGroup();
    const sorted = sortedAhead(group, { recall: undefined, concurrency });
    const order = [(await sorted.next()).value?.chunks[0]?.chunkIndex];
    for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
    assert.deepEqual(
      [...begun],
      Array.from({ length: concurrency }, (_, i) => i),
    );
    for await (const { chunks } of sorted) order.push(chunks[0]?.chunkIndex);
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
  });
}

test("BATCH_CONCURRENCY: when writing fails, no further chunk is sorted", async () => {
  const { group, begun } = newGroup();
  const failing = (async () => {
    for await (const { chunks } of sortedAhead(group, { recall: undefined, concurrency: 2 })) {
      throw new Error(`chunk ${chunks[0]?.chunkIndex} cannot be written`);
    }
  })();
  await assert.rejects(failing, /chunk 0 cannot be written/);
  assert.ok(begun.size <= 2, `${begun.size} chunks`);
});
