/** The storm brake delays what is published and changes nothing of it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import { endHold, listHolds, type Hold } from "../../src/dire/hold-store.ts";
import { BRAKE_LIMITS, isStorm, type BrakeLimits } from "../../src/dire/storm-brake.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { batches } from "../support/dire-updates.ts";
import { answer, feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";
import { playRun } from "../support/run.ts";

/** Holds whatever changes an id. */
const ANYTHING: BrakeLimits = { devicesMin: 0, shrinkShare: 0, idShare: 0, runsMin: 0 };
/** As in force, for an inventory of a few devices. */
const SMALL: BrakeLimits = { ...BRAKE_LIMITS, devicesMin: 2 };
/** Holds nothing. */
const OPEN: BrakeLimits = { ...BRAKE_LIMITS, devicesMin: Number.MAX_SAFE_INTEGER };

async function openHolds(db: Db, { tenant }: Lease): Promise<readonly Hold[]> {
  return await listHolds(db, tenant, { isOpen: true, before: undefined, limit: 100 });
}

async function end(
  db: Db,
  lease: Lease,
  { holdNo, outcome }: { readonly holdNo: number; readonly outcome: "released" | "rechecked" },
): Promise<void> {
  const wanted = { holdNo, outcome, actor: "test", reason: undefined };
  await tx(db, (open) => endHold(open, lease.tenant, wanted));
}

async function releaseAll(db: Db, lease: Lease): Promise<void> {
  for (;;) {
    await settle(db, lease, { limits: ANYTHING });
    const holds = await openHolds(db, lease);
    if (holds.length === 0) return;
    for (const { holdNo } of holds) await end(db, lease, { holdNo, outcome: "released" });
  }
}

/**
 * Everything that is published and decided, by ids instead of numbers, which are dealt out in order of arrival. An unchanged
 * sighting publishes nothing, so when a device was last seen is as of its last publication.
 */
async function published(db: Db, lease: Lease): Promise<unknown> {
  const of = async (sql: string): Promise<readonly string[]> => {
    const { rows } = await db.query<{ line: string }>(sql, [lease.tenant]);
    return rows.map(({ line }) => line);
  };
  return {
    answer: await answer(db, lease),
    devices: await of(
      `select (to_jsonb(d) - '{tenant,device_no,created_at,modified_at,partition_no,instances,last_seen}'::text[])::text as line
         from sync.devices d where tenant = $1 order by device_id`,
    ),
    values: await of(
      "select concat_ws(' ', type, value, state) as line from sync.value_states where tenant = $1 order by 1",
    ),
  };
}

/** The same with every former id, for histories that publish nothing in between that was taken back. */
async function publishedWithAliases(db: Db, lease: Lease): Promise<unknown> {
  const { rows } = await db.query(
    `select a.device_id as alias, d.device_id, a.reason from sync.aliases a join sync.devices d using (tenant, device_no)
      where a.tenant = $1 order by 1`,
    [lease.tenant],
  );
  const { rows: merges } = await db.query(
    "select from_device_id, to_device_id, reason from sync.merge_audit where tenant = $1 order by 1, 2",
    [lease.tenant],
  );
  return { rows, merges, ...((await published(db, lease)) as object) };
}

function device(
  source: string,
  n: number,
  more: { day: number; serial?: string; hostname?: string },
): WireUpdate {
  const { day, serial = `SN-${source}-${n}`, hostname = `${source}-${n}` } = more;
  return {
    source,
    timestamp: new Date(Date.UTC(2026, 0, day)).toISOString(),
    ip: `10.${source === "netbox" ? 0 : 1}.0.${n}`,
    hostname,
    metadata: {
      ...(serial === "" ? {} : { serial }),
      ...(source === "netbox"
        ? { netbox_device_id: String(n), integration_id: String(n) }
        : { armis_device_id: String(n) }),
    },
  };
}

const TEN = Array.from({ length: 10 }, (_, i) => i + 1);

/** Four runs of each source; the last of NetBox gives six of its ten devices serials of Armis', and brings two more. */
function storm(day: number): readonly WireUpdate[] {
  const known = TEN.map((n) => device("netbox", n, { day, serial: n <= 6 ? `SN-armis-${n}` : "" }));
  return [...known, device("netbox", 11, { day }), device("netbox", 12, { day })];
}

async function play(
  db: Db,
  lease: Lease,
  {
    run,
    limits,
    updates,
  }: {
    readonly run: string;
    readonly limits: BrakeLimits;
    readonly updates: readonly WireUpdate[];
  },
): Promise<void> {
  const type = run.startsWith("a") ? "armis" : "netbox";
  const serviceId =
    type === "armis"
      ? "00000000-0000-4000-8000-000000000001"
      : "00000000-0000-4000-8000-000000000002";
  await playRun(db, lease, { runId: run, serviceId, type, updates, limits });
}

async function history(db: Db, lease: Lease, limits: BrakeLimits): Promise<void> {
  for (const day of [1, 2, 3]) {
    const netbox = TEN.map((n) => device("netbox", n, { day, serial: "" }));
    const armis = TEN.map((n) => device("armis", n, { day }));
    await play(db, lease, { run: `n${day}`, limits, updates: netbox });
    await play(db, lease, { run: `a${day}`, limits, updates: armis });
  }
  await play(db, lease, { run: "n4", limits, updates: storm(4) });
}

test("a storm is held with its evidence while everything else goes on, and released it is as if it never was", async (t) => {
  const { db } = await freshDatabase(t);
  const [held, free] = [await newTenant(db), await newTenant(db)];
  await history(db, held, SMALL);
  const before = await answer(db, held);
  assert.equal(new Set(before.map((line) => line.split(" ")[4])).size, 22);
  const [hold] = await openHolds(db, held);
  assert.ok(hold !== undefined);
  assert.deepEqual(
    { shrinks: hold.shrinks, ids: hold.ids, devices: hold.devices, records: hold.records },
    { shrinks: 6, ids: 6, devices: 20, records: 12 },
  );
  const [change] = hold.changes.toSorted((a, b) => (a.in_common < b.in_common ? -1 : 1));
  assert.deepEqual(change?.in_common, ["serial:SN-ARM1S-1"]);

  // One that is held says something else, one that is not does too, and there is another new one.
  const next = [...storm(5), device("netbox", 13, { day: 5 })].map((update, i) =>
    i === 0 || i === 9 ? { ...update, hostname: `renamed-${i}` } : update,
  );
  await play(db, held, { run: "n5", limits: SMALL, updates: next });
  const shown = (await answer(db, held)).join("\n");
  assert.match(shown, / renamed-9 /);
  assert.match(shown, / netbox-13 /);
  assert.doesNotMatch(shown, / renamed-0 /);
  assert.equal((await openHolds(db, held)).length, 1);

  await end(db, held, { holdNo: hold.holdNo, outcome: "released" });
  await settle(db, held, { limits: SMALL });
  await history(db, free, OPEN);
  await play(db, free, { run: "n5", limits: OPEN, updates: next });
  assert.deepEqual(await publishedWithAliases(db, held), await publishedWithAliases(db, free));
  assert.deepEqual(await openHolds(db, held), []);
});

test("a source is not braked before its third complete run, nor is what no run brings", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await play(db, lease, {
    run: "a1",
    limits: SMALL,
    updates: TEN.map((n) => device("armis", n, { day: 1 })),
  });
  await play(db, lease, {
    run: "n1",
    limits: SMALL,
    updates: TEN.map((n) => device("netbox", n, { day: 1, serial: "" })),
  });
  await play(db, lease, { run: "n2", limits: SMALL, updates: storm(2) });
  assert.deepEqual(await openHolds(db, lease), []);
  // Replays and hellos count as run 0.
  const replayed = await newTenant(db);
  await feed(db, replayed, [
    ...TEN.map((n) => device("armis", n, { day: 1 })),
    device("netbox", 1, { day: 1, serial: "" }),
  ]);
  await settle(db, replayed, { limits: ANYTHING });
  await feed(db, replayed, [device("netbox", 1, { day: 2, serial: "SN-armis-1" })]);
  await db.query("update sync.dirty set run_no = 0 where tenant = $1", [replayed.tenant]);
  await settle(db, replayed, { limits: ANYTHING });
  assert.deepEqual(await openHolds(db, replayed), []);
  assert.equal(new Set((await answer(db, replayed)).map((line) => line.split(" ")[4])).size, 10);
});

test("addresses that turn out to be devices are no storm, however many", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await history(db, lease, OPEN);
  const sighted = TEN.map((n): WireUpdate => ({
    source: "sweep",
    timestamp: "2026-01-05T00:00:00Z",
    ip: `10.9.0.${n}`,
    metadata: { sync_service_id: "sweep-1" },
  }));
  await feed(db, lease, sighted);
  await settle(db, lease, { limits: OPEN });
  const ids = async (): Promise<number> =>
    new Set((await answer(db, lease)).map((line) => line.split(" ")[4])).size;
  const before = await ids();
  const claims = TEN.map((n) => ({
    ...device("netbox", 20 + n, { day: 5 }),
    ip: `10.9.0.${n}`,
  }));
  await play(db, lease, { run: "n5", limits: SMALL, updates: claims });
  assert.deepEqual(await openHolds(db, lease), []);
  assert.equal(await ids(), before);
});

test("a storm that comes bit by bit is held as soon as it is one, and stays held when it is checked again", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await history(db, lease, OPEN);
  const swap = (ns: readonly number[]): readonly WireUpdate[] =>
    ns.map((n) => device("netbox", n, { day: 6, serial: `SN-armis-${n}` }));
  const ids = async (): Promise<number> =>
    new Set((await answer(db, lease)).map((line) => line.split(" ")[4])).size;
  const whole = await ids();
  const bits = { runId: "n6", serviceId: "00000000-0000-4000-8000-000000000002", limits: SMALL };
  await playRun(db, lease, { ...bits, updates: swap([7, 8]), isOver: false });
  assert.equal(await ids(), whole - 2);
  await playRun(db, lease, { ...bits, updates: swap([9]), chunkIndex: 1, isOver: false });
  assert.equal(await ids(), whole - 2);
  const [hold] = await openHolds(db, lease);
  assert.equal(hold?.shrinks, 1);
  await end(db, lease, { holdNo: hold?.holdNo ?? 0, outcome: "rechecked" });
  await settle(db, lease, { limits: SMALL });
  assert.equal(await ids(), whole - 2);
  const [again] = await openHolds(db, lease);
  await end(db, lease, { holdNo: again?.holdNo ?? 0, outcome: "rechecked" });
  await settle(db, lease, { limits: OPEN });
  assert.equal(await ids(), whole - 3);
});

test("whatever is held, and whenever it is released, the devices are those of no brake at all", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(
      batches,
      fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }),
      async ([all, shuffled, sizes], deeds) => {
        const free = await newTenant(db);
        await feed(db, free, all);
        await settle(db, free);
        const held = await newTenant(db);
        let at = 0;
        for (const [i, size] of sizes.entries()) {
          const chunk = shuffled.slice(at, at + size);
          at += size;
          if (chunk.length === 0) break;
          await feed(db, held, chunk);
          await settle(db, held, { limits: ANYTHING });
          const [oldest] = (await openHolds(db, held)).toReversed();
          if (oldest === undefined || deeds[i] === 0) continue;
          await end(db, held, {
            holdNo: oldest.holdNo,
            outcome: deeds[i] === 1 ? "released" : "rechecked",
          });
        }
        await releaseAll(db, held);
        assert.deepEqual(await published(db, held), await published(db, free));
      },
    ),
    { numRuns: 60 },
  );
});

test("the limits are 50 devices or one in a hundred, and one id in twenty", () => {
  const isOne = (shrinks: number, ids: number, devices: number): boolean =>
    isStorm({ shrinks, ids }, BRAKE_LIMITS, devices);
  assert.deepEqual([isOne(50, 50, 100), isOne(51, 0, 100), isOne(0, 51, 100)], [false, true, true]);
  assert.deepEqual([isOne(100, 0, 10_000), isOne(101, 0, 10_000)], [false, true]);
  assert.deepEqual([isOne(0, 500, 10_000), isOne(0, 501, 10_000)], [false, true]);
});
