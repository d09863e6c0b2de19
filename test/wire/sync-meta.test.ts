import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { SYNC_META_BYTES_MAX } from "../../src/wire/limits.ts";
import { firstSyncMeta, writeSyncMeta } from "../../src/wire/sync-meta.ts";

const META = {
  syncServiceId: "0198e7a0-1111-7000-8000-000000000001",
  syncRunId: "0198e7a0-2222-7000-8000-000000000002",
  chunkIndex: 3,
  isFinal: true,
};

const anyMeta = fc.record(
  {
    syncServiceId: fc.uuid(),
    syncRunId: fc.uuid(),
    chunkIndex: fc.nat(),
    totalChunks: fc.nat(),
    totalDevices: fc.nat(),
    isFinal: fc.boolean(),
  },
  { requiredKeys: ["syncRunId"], noNullPrototype: true },
);
const anyEntries = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })), {
  minLength: 1,
});

function withoutMeta(entry: object): object {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== "sync_meta"));
}

test("sync_meta goes onto the first entry and is read back, every other member stays", () => {
  fc.assert(
    fc.property(anyEntries, anyMeta, (entries, meta) => {
      const plain = JSON.stringify(entries.map(withoutMeta));
      const written = JSON.parse(writeSyncMeta(plain, meta)) as object[];
      assert.deepEqual(firstSyncMeta(written), meta);
      assert.ok(written.slice(1).every((entry) => !("sync_meta" in entry)));
      assert.deepEqual(JSON.stringify(written.map(withoutMeta)), plain);
    }),
  );
});

test("sync_meta has the wire's names and only what is known", () => {
  assert.equal(
    writeSyncMeta('[{"ip":"192.0.2.1"},{}]', META),
    `[{"sync_meta":{"sync_service_id":"${META.syncServiceId}","sync_run_id":"${META.syncRunId}",` +
      `"chunk_index":3,"is_final":true},"ip":"192.0.2.1"},{}]`,
  );
});

test("an empty first entry stays JSON", () => {
  const written = JSON.parse(writeSyncMeta("[{}]", META)) as unknown[];
  assert.deepEqual(firstSyncMeta(written), META);
});

test("a full sync_meta of two UUIDs fits the room that chunks keep free", () => {
  const largest = Number.MAX_SAFE_INTEGER;
  const counts = { chunkIndex: largest, totalChunks: largest, totalDevices: largest };
  const written = writeSyncMeta("[{}]", { ...META, ...counts, isFinal: false });
  assert.ok(written.length - "[{}]".length <= SYNC_META_BYTES_MAX - 200, String(written.length));
});

test("the first entry that says anything counts, also where the original put it on all", () => {
  const entries = [
    null,
    7,
    {},
    { sync_meta: {} },
    { sync_meta: { sync_run_id: "r1" } },
    { sync_meta: { sync_run_id: "r2" } },
  ];
  assert.deepEqual(firstSyncMeta(entries), { syncRunId: "r1" });
});

test("a chunk without any sync_meta has none", () => {
  assert.equal(firstSyncMeta([{ ip: "192.0.2.1" }]), undefined);
});
