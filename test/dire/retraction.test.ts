/** Devices that their source no longer lists: when they go, when they do not, and that they come back as themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import { Keeper } from "../../src/dire/keeper.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { writeRetention } from "../../src/inbox/retention-store.ts";
import { allowRetraction, listRetractions } from "../../src/inbox/retraction-store.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant, type WireUpdate } from "../support/dire.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { netboxDevice, playRun, workAll, type TestRun } from "../support/runs.ts";

const source = { serviceId: "5f0c3bb0-0000-4000-8000-000000000001" };
const other = { serviceId: "5f0c3bb0-0000-4000-8000-000000000002" };

function devices(from: number, until: number, extra: WireUpdate = {}): WireUpdate[] {
  return Array.from({ length: until - from }, (_, i) => netboxDevice(from + i, extra));
}

type Scene = { readonly db: Db; readonly lease: Lease };

async function scene(t: Parameters<typeof freshDatabase>[0]): Promise<Scene> {
  const { db } = await freshDatabase(t);
  return { db, lease: await newTenant(db) };
}

/** A day goes by: the core's clock is the database's, so what it wrote is set back. */
async function nextDay(db: Db): Promise<void> {
  await db.query("update sync.absences set since = since - interval '25 hours'");
}

async function play(
  { db, lease }: Scene,
  updates: readonly WireUpdate[],
  run: TestRun & { from?: typeof source & { partition?: string } } = {},
): Promise<void> {
  const { from = source, ...rest } = run;
  await playRun(db, lease, { source: from, updates, ...rest });
}

/** So many complete full runs without a record, with the grace over. */
async function missedRuns(at: Scene, updates: readonly WireUpdate[], count: number): Promise<void> {
  for (let run = 0; run < count; run += 1) {
    await play(at, updates);
    await nextDay(at.db);
  }
}

async function gone({ db, lease }: Scene): Promise<string[]> {
  const { rows } = await db.query<{ hostname: string }>(
    "select hostname from sync.devices where tenant = $1 and deleted_at is not null order by hostname",
    [lease.tenant],
  );
  return rows.map(({ hostname }) => hostname);
}

async function idOf({ db }: Scene, hostname: string): Promise<unknown> {
  const { rows } = await db.query(
    "select device_id, deleted_at is not null as is_gone from sync.devices where hostname = $1",
    [hostname],
  );
  return rows[0];
}

test("a device goes after three complete full runs without it, not after two", async (t) => {
  const at = await scene(t);
  await play(at, devices(0, 3));
  await missedRuns(at, devices(0, 2), 2);
  assert.deepEqual(await gone(at), []);
  await play(at, devices(0, 2));
  assert.deepEqual(await gone(at), ["host-2"]);
  const { rows } = await at.db.query(
    "select deleted_reason from sync.devices where deleted_at is not null",
  );
  assert.deepEqual(rows, [{ deleted_reason: "absent" }]);
  const { rows: runs } = await at.db.query("select retracted from sync.runs order by run_no");
  assert.deepEqual(
    runs.map((row: { retracted: number }) => row.retracted),
    [0, 0, 0, 1],
  );
});

test("however many runs miss it, a device stays for the grace", async (t) => {
  const at = await scene(t);
  await play(at, devices(0, 3));
  for (let run = 0; run < 6; run += 1) await play(at, devices(0, 2));
  assert.deepEqual(await gone(at), []);
  await nextDay(at.db);
  await play(at, devices(0, 2));
  assert.deepEqual(await gone(at), ["host-2"]);
});

test("partial, failed, lossy and delta runs, and runs that never end, retire nothing", async (t) => {
  const at = await scene(t);
  await play(at, devices(0, 3));
  const runs: TestRun[] = [
    { outcome: "partial" },
    { outcome: "failed" },
    { outcome: "timeout" },
    { kind: "delta" },
    { end: "none" },
    { end: "final" },
    { devices: 9 },
    { chunkSize: 1, lost: 1 },
  ];
  for (const run of [...runs, ...runs]) {
    await play(at, devices(0, 2), run);
    await nextDay(at.db);
  }
  await play(at, [...devices(0, 2), { source: "netbox" }]);
  const { rows } = await at.db.query("select 1 from sync.absences where not isempty(records)");
  assert.deepEqual([rows, await gone(at)], [[], []]);
});

test("any sighting starts the count afresh, one of a delta or of a failing run too", async (t) => {
  for (const sighting of [{}, { kind: "delta" }, { outcome: "failed" }, { end: "none" }] as const) {
    const at = await scene(t);
    await play(at, devices(0, 3));
    await missedRuns(at, devices(0, 2), 2);
    await play(at, devices("outcome" in sighting ? 2 : 0, 3), sighting);
    await missedRuns(at, devices(0, 2), 2);
    assert.deepEqual(await gone(at), [], JSON.stringify(sighting));
    await play(at, devices(0, 2));
    assert.deepEqual(await gone(at), ["host-2"], JSON.stringify(sighting));
  }
});

test("a run says nothing of another source's records, nor of its own in another partition", async (t) => {
  const at = await scene(t);
  await play(at, devices(0, 3));
  await play(at, devices(10, 13), { from: other });
  await play(at, devices(20, 23), { from: { ...source, partition: "site-b" } });
  await missedRuns(at, devices(0, 3), 5);
  assert.deepEqual(await gone(at), []);
});

test("a device that another source still lists stays, without what the retired record said", async (t) => {
  const at = await scene(t);
  const shared = { ip: "10.0.0.9" };
  const named = (site: string): WireUpdate =>
    netboxDevice(1, { metadata: { ...(netboxDevice(1)["metadata"] as object), site } });
  await play(at, [named("one"), ...devices(2, 4)]);
  await play(
    at,
    [
      {
        ...netboxDevice(71, shared),
        metadata: { netbox_device_id: "71", integration_id: "71", serial: "SN-771" },
      },
    ],
    { from: other },
  );
  const before = await at.db.query(
    "select site, sources, record_count from sync.devices where serial = 'SN-771'",
  );
  assert.deepEqual(before.rows, [{ site: "one", sources: ["netbox"], record_count: 2 }]);
  await missedRuns(at, devices(2, 4), 3);
  const { rows } = await at.db.query(
    "select site, host(ip) as ip, deleted_at from sync.devices where serial = 'SN-771'",
  );
  assert.deepEqual(rows, [{ site: null, ip: "10.0.0.9", deleted_at: null }]);
});

test("a device that is listed again comes back under its id, changed or not", async (t) => {
  const at = await scene(t);
  await play(at, devices(0, 4));
  const before = [await idOf(at, "host-2"), await idOf(at, "host-3")];
  await missedRuns(at, devices(0, 2), 3);
  assert.deepEqual(await gone(at), ["host-2", "host-3"]);
  await play(at, [...devices(0, 3), netboxDevice(3, { ip: "10.9.9.9" })]);
  assert.deepEqual([await idOf(at, "host-2"), await idOf(at, "host-3")], before);
  await missedRuns(at, devices(0, 2), 2);
  assert.deepEqual(await gone(at), []);
});

test("what a source itself deletes goes at once, in a delta run too", async (t) => {
  const at = await scene(t);
  await play(at, devices(0, 3));
  const metadata = { ...(netboxDevice(1)["metadata"] as object), _deleted: "true" };
  await play(at, [netboxDevice(1, { metadata })], { kind: "delta" });
  assert.deepEqual(await gone(at), ["host-1"]);
  await play(at, devices(0, 3));
  assert.deepEqual(await gone(at), []);
});

test("more than ten records and more than a tenth of a source are held until an operator allows it, once", async (t) => {
  const at = await scene(t);
  const { db, lease } = at;
  await play(at, devices(0, 40));
  await missedRuns(at, devices(0, 20), 4);
  assert.deepEqual(await gone(at), []);
  const listing = { state: undefined, before: undefined, limit: 10 };
  const [held, ...others] = await listRetractions(db, lease.tenant, listing);
  assert.equal(others.length, 0);
  assert.partialDeepStrictEqual(held, { state: "held", wanted: 20, present: 40, reason: "absent" });
  // Two that come back meanwhile are no longer meant.
  await play(at, devices(20, 22), { kind: "delta" });
  const decision = { retractionNo: held?.retractionNo ?? 0, actor: "token:ops" };
  assert.equal(await allowRetraction(db, lease.tenant, decision), true);
  assert.equal(await allowRetraction(db, lease.tenant, decision), false);
  await workAll(db, lease);
  assert.equal((await gone(at)).length, 18);
  const [done] = await listRetractions(db, lease.tenant, listing);
  assert.partialDeepStrictEqual(done, { state: "done", retired: 18, decidedBy: "token:ops" });
  await missedRuns(at, devices(0, 5), 3);
  assert.equal((await gone(at)).length, 18, "the next one is held again");
});

test("a held retraction is passed over when the records are listed again", async (t) => {
  const at = await scene(t);
  await play(at, devices(0, 40));
  await missedRuns(at, [], 4);
  await play(at, devices(0, 40));
  const listing = { state: undefined, before: undefined, limit: 10 };
  const [passed] = await listRetractions(at.db, at.lease.tenant, listing);
  assert.equal(passed?.state, "passed");
  assert.deepEqual(await gone(at), []);
});

test("a run that is closed after a newer one misses nothing", async (t) => {
  const at = await scene(t);
  await play(at, devices(0, 3));
  for (let run = 0; run < 4; run += 1) {
    await play(at, devices(0, 2));
    await at.db.query(
      "update sync.runs set started_at = started_at - interval '9 days', event_at = event_at - interval '9 days' where run_no > 1",
    );
    await play(at, devices(0, 3));
    await nextDay(at.db);
  }
  assert.deepEqual(await gone(at), []);
});

test("a complete delta run lengthens the lives of all that is there, though it does not name them", async (t) => {
  const at = await scene(t);
  const { db } = at;
  await play(at, devices(0, 30));
  await play(at, devices(0, 29));
  await play(at, [], { kind: "delta" });
  const { rows: named } = await db.query<{ started: number }>(
    "select started_at as started from sync.runs order by run_no desc limit 1",
  );
  const { rows } = await db.query<{ records: string; at: number }>(
    "select records::text as records, event_at as at from sync.seen_segments order by event_at desc, seq desc limit 1",
  );
  assert.deepEqual(rows, [{ records: "{[1,30)}", at: named[0]?.started }]);
});

test("a device that went long ago is removed for good with all that it had, and comes back under its id", async (t) => {
  const at = await scene(t);
  const { db, lease } = at;
  await play(at, devices(0, 3));
  await play(at, [...devices(0, 2), netboxDevice(2, { ip: "10.0.0.2", hostname: "renamed" })]);
  const before = await idOf(at, "renamed");
  await missedRuns(at, devices(0, 2), 3);
  await db.query(
    "update sync.devices set deleted_at = now() - interval '31 days' where deleted_at is not null",
  );
  await new Keeper({ db, clock: new InstantClock(), log: silentLog() }).look();
  for (const table of ["devices", "records", "members"]) {
    const { rows } = await db.query<{ rows: number }>(
      `select count(*)::int as rows from sync.${table}`,
    );
    assert.deepEqual(rows, [{ rows: 2 }], table);
  }
  for (const table of ["record_versions", "record_addresses", "record_deletions"]) {
    const { rows } = await db.query(`select 1 from sync.${table}`);
    assert.deepEqual(rows, [], table);
  }
  const { rows: facts } = await db.query("select 1 from sync.facts where record_no = 3");
  assert.deepEqual(facts, []);
  // Whoever worked the tenant has been fenced off, and takes its lease anew.
  await db.query("update sync.tenant_ingest set epoch = 1");
  await play(at, [netboxDevice(2, { ip: "10.0.0.77", hostname: "renamed" })]);
  assert.deepEqual(await idOf(at, "renamed"), before);
  await workAll(db, lease);
});

test("a device that went lately is kept, and so is every device where clean-up is off", async (t) => {
  const at = await scene(t);
  const { db, lease } = at;
  await play(at, devices(0, 3));
  await missedRuns(at, devices(0, 2), 3);
  await db.query("update sync.devices set deleted_at = now() where deleted_at is not null");
  const look = async (): Promise<string[]> => {
    await db.query("update sync.tenant_ingest set cleaned_at = '-infinity'");
    await new Keeper({ db, clock: new InstantClock(), log: silentLog() }).look();
    return await gone(at);
  };
  assert.deepEqual(await look(), ["host-2"]);
  await db.query(
    "update sync.devices set deleted_at = now() - interval '31 days' where deleted_at is not null",
  );
  await writeRetention(db, lease.tenant, { cleanup_enabled: 0 });
  assert.deepEqual(await look(), ["host-2"]);
  await writeRetention(db, lease.tenant, { cleanup_enabled: 1 });
  assert.deepEqual(await look(), []);
});

test("a device comes back by being listed again, whatever time the listing bears", async (t) => {
  const at = await scene(t);
  const timestamp = "2025-05-05T00:00:00Z";
  await play(at, devices(0, 3, { timestamp }));
  await missedRuns(at, devices(0, 2, { timestamp }), 3);
  assert.deepEqual(await gone(at), ["host-2"]);
  await play(at, devices(0, 3, { timestamp }));
  assert.deepEqual(await gone(at), []);
});

test("a clock that runs ahead keeps nothing alive that its source has let go", async (t) => {
  const at = await scene(t);
  let startedMs = Date.UTC(2036, 0, 1);
  const ahead = async (updates: readonly WireUpdate[], from = source): Promise<void> => {
    await play(at, updates, { from, startedMs: (startedMs += 3_600_000) });
    await nextDay(at.db);
  };
  const metadata = { ...(netboxDevice(1)["metadata"] as object), site: "one" };
  await ahead([netboxDevice(1, { metadata }), ...devices(2, 4)]);
  const twin = { netbox_device_id: "71", integration_id: "71", serial: "SN-771" };
  await ahead([{ ...netboxDevice(71), metadata: twin }], other);
  for (let run = 0; run < 3; run += 1) await ahead(devices(2, 3));
  assert.deepEqual(await gone(at), ["host-3"]);
  // The view of the original's name says no more than the device does.
  const { rows } = await at.db.query(
    "select metadata ->> 'site' as site from platform.ocsf_devices where metadata ->> 'serial' = 'SN-771'",
  );
  assert.deepEqual(rows, [{ site: null }]);
});
