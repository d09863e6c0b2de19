/** Ids in the inventory: the original's at first creation, kept through merges and splits, never lost. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { resolveId } from "../../src/inventory/device-store.ts";
import { freshDatabase } from "../support/database.ts";
import { devicesOfRecords, feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";

/** The vector of identity facts 1: partition default, Armis 123, MAC AABBCCDDEEFF. */
const VECTOR = "sr:a4856f70-c38b-4f59-bfee-ce39e057e312";

async function publish(db: Db, lease: Lease, updates: readonly WireUpdate[]): Promise<void> {
  await feed(db, lease, updates);
  await settle(db, lease);
}

async function merges(db: Db, { tenant }: Lease): Promise<readonly unknown[]> {
  const { rows } = await db.query(
    `select 'sr:' || from_device_id as from, 'sr:' || to_device_id as to, reason from sync.merge_audit
      where tenant = $1 order by merge_no`,
    [tenant],
  );
  return rows;
}

function idOf(lines: readonly string[], instance: string): string {
  return (
    lines
      .find((line) => line.includes(` ${instance} `))
      ?.split(" ")
      .at(-1) ?? ""
  );
}

function armis(instance: string, hour: number, more: object = {}): WireUpdate {
  return {
    source: "armis",
    timestamp: `2026-03-02T0${hour}:00:00Z`,
    mac: "AA:BB:CC:DD:EE:FF",
    metadata: { armis_device_id: "123", sync_service_id: instance },
    ...more,
  };
}

test("an id goes to the older record that comes late, with a word in the audit, and nothing is lost", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await publish(db, lease, [armis("armis-2", 5)]);
  assert.equal(idOf(await devicesOfRecords(db, lease), "armis-2"), VECTOR);
  await publish(db, lease, [armis("armis-1", 1)]);
  const lines = await devicesOfRecords(db, lease);
  assert.equal(idOf(lines, "armis-1"), VECTOR);
  const derived = idOf(lines, "armis-2");
  assert.notEqual(derived, VECTOR);
  assert.deepEqual(await merges(db, lease), [
    { from: VECTOR, to: derived, reason: "id_collision" },
  ]);

  const other = await newTenant(db);
  await publish(db, other, [armis("armis-1", 1)]);
  await publish(db, other, [armis("armis-2", 5)]);
  assert.deepEqual(await devicesOfRecords(db, other), lines);
  assert.deepEqual(await merges(db, other), []);
});

test("a merge keeps the older device's id and the other leads to it; a split gives it back", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const device = { model: "T14", manufacturer: "Lenovo" };
  const row = (source: string, day: number, host: string): WireUpdate => ({
    source,
    timestamp: `2026-03-0${day}T08:00:00Z`,
    mac: "00:E0:4C:68:00:01",
    hostname: host,
    metadata: {
      ...device,
      sync_service_id: source,
      ...(source === "armis" ? { armis_device_id: "7" } : { integration_id: "a" }),
    },
  });
  await publish(db, lease, [row("armis", 2, "")]);
  const older = idOf(await devicesOfRecords(db, lease), "armis");
  await publish(db, lease, [row("servicenow", 3, "lt-2")]);
  const joined = await devicesOfRecords(db, lease);
  assert.equal(idOf(joined, "servicenow"), older);
  await publish(db, lease, [row("armis", 4, "lt-1")]);
  const parted = await devicesOfRecords(db, lease);
  assert.equal(idOf(parted, "armis"), older);
  const younger = idOf(parted, "servicenow");
  assert.notEqual(younger, older);
  await publish(db, lease, [
    { ...row("servicenow", 5, "lt-1"), timestamp: "2026-03-05T08:00:00Z" },
  ]);
  assert.equal(idOf(await devicesOfRecords(db, lease), "armis"), older);
  for (const id of [older, younger]) {
    assert.ok((await resolveId(db, lease.tenant, id)) !== undefined, id);
  }
});
