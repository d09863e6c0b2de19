/** What the quality watch notes of publications. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { tx } from "../../src/db/tx.ts";
import { addMoves, readQuality } from "../../src/dire/quality-store.ts";
import { freshDatabase } from "../support/database.ts";
import { feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";

function record(
  source: "netbox" | "armis",
  native: string,
  { day, ...more }: { readonly day: number } & { readonly [name: string]: string | number },
): WireUpdate {
  const { ip = "", mac = "", hostname = "", ...metadata } = more;
  return {
    source,
    ip,
    mac,
    hostname,
    timestamp: new Date(Date.UTC(2026, 0, day)).toISOString(),
    metadata: {
      ...metadata,
      ...(source === "netbox"
        ? { netbox_device_id: native, integration_id: native }
        : { armis_device_id: native }),
    },
  };
}

test("a record that goes from device to device is listed with its values after the third time, and the day it happened counts", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await feed(db, lease, [
    record("netbox", "1", { day: 1, serial: "SN-AAA1", hostname: "one" }),
    record("armis", "7", { day: 1, mac: "00:1B:44:11:22:33" }),
  ]);
  await settle(db, lease);
  assert.equal((await readQuality(db, lease.tenant, 10)).flappingRecords.count, 0);
  // Armis comes to tell the serial: NetBox's record goes to its device, which is the older by its kind.
  await feed(db, lease, [
    record("armis", "7", { day: 2, mac: "00:1B:44:11:22:33", serial: "SN-AAA1" }),
  ]);
  await settle(db, lease);
  const { rows } = await db.query<{ moves: number }>("select moves from sync.record_moves");
  assert.deepEqual(rows, [{ moves: 1 }]);
  const [move] = (
    await db.query<{ record_no: number; from_device_id: string; to_device_id: string }>(
      "select record_no, from_device_id, to_device_id from sync.record_moves",
    )
  ).rows;
  assert.ok(move !== undefined);
  const again = {
    recordNo: move.record_no,
    partitionNo: 1,
    from: `sr:${move.from_device_id}`,
    to: `sr:${move.to_device_id}`,
    values: ["serial:SN-AAA1"],
  } as const;
  for (const _ of [2, 3]) await tx(db, (open) => addMoves(open, lease.tenant, [again]));
  const { flappingRecords, flappingValues } = await readQuality(db, lease.tenant, 10);
  assert.deepEqual(
    flappingRecords.rows.map(({ kind, native, moves }) => [kind, native, moves]),
    [["integration", "1", 3]],
  );
  assert.deepEqual(
    flappingValues.rows.map(({ type, value, moves }) => [type, value, moves]),
    [["serial", "SN-AAA1", 3]],
  );
  await db.query("update sync.record_moves set day = day - 31");
  await tx(db, (open) => addMoves(open, lease.tenant, [again]));
  assert.equal((await readQuality(db, lease.tenant, 10)).flappingRecords.count, 0);
  assert.equal((await db.query("select from sync.record_moves")).count, 1);
});

test("devices of many addresses are listed while they are so", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const ips = Array.from({ length: 40 }, (_, i) => `10.0.0.${i + 1}`);
  await feed(db, lease, [
    record("netbox", "1", { day: 1, hostname: "router", all_ips: ips.join(",") }),
  ]);
  await settle(db, lease);
  const crowded = async (): Promise<unknown[]> =>
    (await readQuality(db, lease.tenant, 10)).crowdedDevices.rows.map((row) => [
      row.hostname,
      row.records,
      row.addresses,
    ]);
  assert.deepEqual(await crowded(), [["router", 1, 40]]);
  await feed(db, lease, [
    {
      ...record("netbox", "1", { day: 90, hostname: "router", ip: "10.0.0.1" }),
      timestamp: "2026-06-01T00:00:00Z",
    },
  ]);
  await settle(db, lease);
  assert.deepEqual(await crowded(), []);
});

test("values that were found to say nothing of one device are counted, with who holds them", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const shared = Array.from({ length: 20 }, (_, i) =>
    record("netbox", String(i + 1), {
      day: 1,
      hostname: i < 2 ? `till-${i}` : "kiosk",
      serial: i < 2 ? "SN-TWICE" : `SN-${i}00`,
    }),
  );
  await feed(db, lease, shared);
  await settle(db, lease);
  const { learntValues, contested, generic } = await readQuality(db, lease.tenant, 10);
  assert.deepEqual([learntValues.count, contested, generic], [2, 1, 1]);
  assert.deepEqual(
    learntValues.rows.map(({ type, state, holders }) => [type, state, holders]),
    [
      ["host", "generic", 18],
      ["serial", "contested", 2],
    ],
  );
});

test("merges that operators took back are counted, and no others", async (t) => {
  const { db } = await freshDatabase(t);
  const { tenant } = await newTenant(db);
  for (const reason of ["identifier_conflict", "unmerge", "unmerge"]) {
    await db.query(
      `insert into sync.merge_audit (tenant, event_id, from_device_id, to_device_id, reason, source)
       values ($1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $2, 'test')`,
      [tenant, reason],
    );
  }
  const { overturnedMerges } = await readQuality(db, tenant, 1);
  assert.deepEqual([overturnedMerges.count, overturnedMerges.rows.length], [2, 1]);
});
