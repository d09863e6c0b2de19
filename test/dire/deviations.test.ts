/** The three rules of the original that are not followed (docs/decisions/0007), each where following it would go wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";

const DAY_MS = 86_400_000;

function armis(id: number, day: number, rest: object): WireUpdate {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + day * DAY_MS).toISOString();
  return {
    source: "armis",
    timestamp,
    ...rest,
    metadata: { armis_device_id: String(id), sync_service_id: "ar" },
  };
}

async function say(db: Db, lease: Lease, updates: readonly WireUpdate[]): Promise<void> {
  await feed(db, lease, updates);
  await settle(db, lease);
}

/** Armis id -> uid and address of its device. */
async function devices(db: Db): Promise<ReadonlyMap<string, readonly [string, string]>> {
  const { rows } = await db.query<{ native: string; uid: string; ip: string }>(
    "select metadata->>'armis_device_id' as native, uid, ip from platform.ocsf_devices where deleted_at is null",
  );
  return new Map(rows.map(({ native, uid, ip }) => [native, [uid, ip]]));
}

test("a device that reports another's confirmed address takes the address and nothing else", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const laptop = { hostname: "laptop-a", mac: "3C:97:0E:00:00:01", ip: "10.0.0.1" };
  await say(
    db,
    lease,
    [0, 1, 2, 3].map((day) => armis(1, day, laptop)),
  );
  const before = await devices(db);
  await say(db, lease, [
    armis(1, 4, { ...laptop, ip: "10.0.0.2" }),
    armis(2, 4, { hostname: "phone-b", mac: "3C:97:0E:00:00:02", ip: "10.0.0.1" }),
  ]);
  const after = await devices(db);
  assert.deepEqual(after.get("1"), [before.get("1")?.[0], "10.0.0.2"]);
  assert.equal(after.get("2")?.[1], "10.0.0.1");
  const { rows } = await db.query("select 1 from platform.merge_audit");
  assert.equal(rows.length, 0);
});

test("an unknown id at a known address is a device of its own", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await say(db, lease, [armis(1, 0, { hostname: "old", ip: "10.0.0.1" })]);
  await say(db, lease, [armis(2, 1, { hostname: "new", ip: "10.0.0.1" })]);
  assert.equal(new Set([...(await devices(db)).values()].map(([uid]) => uid)).size, 2);
});

test("sites with the same private network keep their devices apart, known and new", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const at = (partition: string, id: number): WireUpdate =>
    armis(id, 0, { partition, hostname: `h-${id}`, ip: "192.168.1.1" });
  await say(db, lease, [at("ams", 1), at("ber", 2), at("cdg", 3)]);
  const { rows } = await db.query<{ zone: string; ip: string }>(
    "select zone, ip from platform.ocsf_devices order by zone",
  );
  assert.deepEqual(
    rows.map(({ zone, ip }) => `${zone} ${ip}`),
    ["ams 192.168.1.1", "ber 192.168.1.1", "cdg 192.168.1.1"],
  );
});

test("however leases are dealt out anew, every id keeps its device and shows its own address", async (t) => {
  const { db } = await freshDatabase(t);
  const many = 12;
  const ids = Array.from({ length: many }, (_, i) => i + 1);
  const dealt = fc.shuffledSubarray(ids, { minLength: many });
  await fc.assert(
    fc.asyncProperty(fc.array(dealt, { minLength: 2, maxLength: 6 }), async (days) => {
      const lease = await newTenant(db);
      let uids: readonly (string | undefined)[] | undefined;
      for (const [day, addresses] of days.entries()) {
        await say(
          db,
          lease,
          ids.map((id, i) => armis(id, day, { hostname: `h-${id}`, ip: `10.0.0.${addresses[i]}` })),
        );
        const { rows } = await db.query<{ native: string; uid: string; ip: string }>(
          `select metadata->>'armis_device_id' as native, uid, ip from platform.ocsf_devices where tenant = $1`,
          [`t${lease.tenant}`],
        );
        const shown = new Map(rows.map((row) => [row.native, row]));
        assert.equal(rows.length, many);
        assert.deepEqual(
          ids.map((id) => shown.get(String(id))?.ip),
          addresses.map((n) => `10.0.0.${n}`),
        );
        const now = ids.map((id) => shown.get(String(id))?.uid);
        uids ??= now;
        assert.deepEqual(now, uids);
      }
    }),
    { numRuns: 15 },
  );
});
