/** DIRE's first promise: the same updates in any order and any chunking give the same devices with the same ids. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { workDirty } from "../../src/dire/publish-dirty.ts";
import { freshDatabase } from "../support/database.ts";
import { resolveInMemory } from "../support/dire-in-memory.ts";
import { batches, updates } from "../support/dire-updates.ts";
import {
  answer,
  devicesOfRecords,
  feed,
  instanceOf,
  newTenant,
  quarantine,
  settle,
  type WireUpdate,
} from "../support/dire.ts";

test("the same updates in any order, chunking, number and size of publications give the same devices", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(batches, async ([all, shuffled, sizes]) => {
      const once = await newTenant(db);
      await feed(db, once, all);
      await settle(db, once);
      const bit = await newTenant(db);
      let at = 0;
      for (const size of sizes) {
        const chunk = shuffled.slice(at, at + size);
        at += size;
        if (chunk.length === 0) break;
        await feed(db, bit, chunk);
        if (size % 3 > 0) await settle(db, bit, { recordsMax: size });
      }
      await settle(db, bit, { recordsMax: 2 });
      assert.deepEqual(await answer(db, bit), await answer(db, once));
      assert.deepEqual(await devicesOfRecords(db, bit), inOnePass(all));
      assert.deepEqual(await quarantine(db, bit), await quarantine(db, once));
    }),
    { numRuns: 40 },
  );
});

/** Every record with its devices, from one pass over everything in memory. */
function inOnePass(all: readonly WireUpdate[]): readonly string[] {
  const { clusters } = resolveInMemory(
    all.map((update) => ({ text: JSON.stringify(update), instance: instanceOf(update) })),
  );
  const lines = clusters.flatMap(({ id, nodes }) =>
    nodes.map(({ key }) => [key.partition, key.kind, key.native, key.instance, id].join(" ")),
  );
  return [...new Set(lines)].toSorted();
}

test("records of one device that wait together are decided together, however few are taken", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const seen = (source: string, serial: string, metadata: object): WireUpdate => ({
    source,
    timestamp: "2026-03-02T00:00:00Z",
    hostname: `web-${serial}`,
    metadata: { sync_service_id: source, serial, ...metadata },
  });
  await feed(db, lease, [seen("armis", "A17-5521", { armis_device_id: "1" })]);
  await feed(db, lease, [seen("armis", "B29-7733", { armis_device_id: "2" })]);
  await feed(db, lease, [seen("netbox", "A17-5521", { netbox_device_id: "1" })]);
  const publications = [
    await workDirty(db, lease, { recordsMax: 1 }),
    await workDirty(db, lease, { recordsMax: 1 }),
    await workDirty(db, lease, { recordsMax: 1 }),
  ];
  assert.deepEqual(
    publications.map((one) => one?.records),
    [2, 1, undefined],
  );
  assert.equal(new Set((await answer(db, lease)).map((line) => line.split(" ")[4])).size, 2);
});

test("updates that are delivered twice change nothing", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(updates, async (all) => {
      const once = await newTenant(db);
      await feed(db, once, all);
      await settle(db, once);
      const before = await answer(db, once);
      await feed(db, once, all);
      await settle(db, once);
      assert.deepEqual(await answer(db, once), before);
    }),
    { numRuns: 30 },
  );
});
