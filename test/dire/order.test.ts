/** DIRE's first promise: the same updates in any order and any chunking give the same devices with the same ids. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { freshDatabase } from "../support/database.ts";
import { answer, feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** Few values, so that records meet: shared serials, names, MACs, addresses, ids and times. */
const update: fc.Arbitrary<WireUpdate> = fc
  .record({
    instance: pick("netbox-1", "netbox-2", "armis-1", "sweep-1"),
    native: pick("1", "2", "3", "4"),
    serial: pick("", "SN-A001", "SN-B002", "SN-C003"),
    host: pick("", "alpha", "beta.example.net", "gamma"),
    mac: pick("", "00:1B:44:11:22:33", "3C:97:0E:01:02:03", "02:42:AC:11:00:02"),
    ip: pick("", "10.0.0.1", "10.0.0.2", "10.0.0.3"),
    minute: fc.integer({ min: 0, max: 6000 }),
    partition: pick("default", "default", "site-b"),
    deleted: fc.integer({ min: 0, max: 15 }).map((n) => n === 0),
  })
  .map(toWire);

function toWire(u: {
  instance: string;
  native: string;
  serial: string;
  host: string;
  mac: string;
  ip: string;
  minute: number;
  partition: string;
  deleted: boolean;
}): WireUpdate {
  const source = u.instance.split("-")[0] ?? "";
  const ids: Record<string, Record<string, string>> = {
    netbox: { netbox_device_id: u.native, integration_id: u.native },
    armis: { armis_device_id: u.native },
    sweep: {},
  };
  return {
    source,
    partition: u.partition,
    timestamp: new Date(Date.UTC(2026, 0, 1) + u.minute * 60_000).toISOString(),
    ip: source === "sweep" && u.ip === "" ? "10.0.0.9" : u.ip,
    mac: source === "sweep" ? "" : u.mac,
    hostname: u.host,
    metadata: {
      ...ids[source],
      sync_service_id: u.instance,
      ...(source === "sweep" || u.serial === "" ? {} : { serial: u.serial }),
      ...(u.deleted ? { _deleted: "true" } : {}),
    },
  };
}

const batches = fc
  .array(update, { minLength: 1, maxLength: 30 })
  .chain((updates) =>
    fc.tuple(
      fc.constant(updates),
      fc.shuffledSubarray(updates, { minLength: updates.length }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 40, maxLength: 40 }),
    ),
  );

test("the same updates in any order, chunking and number of publications give the same devices", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(batches, async ([updates, shuffled, sizes]) => {
      const once = await newTenant(db);
      await feed(db, once, updates);
      await settle(db, once);
      const bit = await newTenant(db);
      let at = 0;
      for (const size of sizes) {
        const chunk = shuffled.slice(at, at + size);
        at += size;
        if (chunk.length === 0) break;
        await feed(db, bit, chunk);
        if (size % 3 > 0) await settle(db, bit);
      }
      await settle(db, bit);
      assert.deepEqual(await answer(db, bit), await answer(db, once));
    }),
    { numRuns: 60 },
  );
});

test("updates that are delivered twice change nothing", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(fc.array(update, { minLength: 1, maxLength: 20 }), async (updates) => {
      const once = await newTenant(db);
      await feed(db, once, updates);
      await settle(db, once);
      const before = await answer(db, once);
      await feed(db, once, updates);
      await settle(db, once);
      assert.deepEqual(await answer(db, once), before);
    }),
    { numRuns: 30 },
  );
});
