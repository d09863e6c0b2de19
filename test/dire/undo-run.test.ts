/** Undoing a run: the inventory is as it would be had the run never been, and the undo itself can be undone. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { redoRun } from "../../src/dire/redo-run.ts";
import { previewUndo, undoRun, type UndoReport } from "../../src/dire/undo-run.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { answer, newTenant, type WireUpdate } from "../support/dire.ts";
import { netboxDevice, playRun, workAll, type TestRun } from "../support/runs.ts";

const source = { serviceId: "5f0c3bb0-0000-4000-8000-000000000001" };
const other = { serviceId: "5f0c3bb0-0000-4000-8000-000000000002" };

type Scene = { readonly db: Db; readonly lease: Lease };

async function scene(t: Parameters<typeof freshDatabase>[0]): Promise<Scene> {
  const { db } = await freshDatabase(t);
  return { db, lease: await newTenant(db) };
}

/** Plays a run and gives its number. */
async function play(
  { db, lease }: Scene,
  updates: readonly WireUpdate[],
  { from = source, ...run }: TestRun & { from?: typeof source } = {},
): Promise<number> {
  const runId = await playRun(db, lease, { source: from, updates, ...run });
  const { rows } = await db.query<{ run_no: number }>(
    "select run_no from sync.runs where tenant = $1 and run_id = $2",
    [lease.tenant, runId],
  );
  return rows[0]?.run_no ?? 0;
}

/** Undoing fences whoever works the tenant off; the test's own takes its lease anew. */
async function settle({ db, lease }: Scene): Promise<void> {
  await db.query("update sync.tenant_ingest set epoch = 1 where tenant = $1", [lease.tenant]);
  await workAll(db, lease);
}

async function undo(at: Scene, runNo: number): Promise<UndoReport> {
  const { tenant } = at.lease;
  const preview = await previewUndo(at.db, tenant, { runNo, page: { after: 0, limit: 9 } });
  const undone = await undoRun(at.db, tenant, { runNo, actor: "tester" });
  assert.ok(preview.ok && undone.ok);
  await settle(at);
  const { undoNo, ...counts } = undone.value;
  assert.ok(undoNo !== undefined);
  assert.deepEqual(
    { ...preview.value.report, undoNo: undefined },
    { ...counts, undoNo: undefined },
  );
  return undone.value;
}

async function redo(at: Scene, runNo: number): Promise<void> {
  assert.ok((await redoRun(at.db, at.lease.tenant, { runNo })).ok);
  await settle(at);
}

async function standing({ db, lease }: Scene): Promise<readonly unknown[]> {
  const { rows } = await db.query(
    `select device_id, hostname, host(ip) as ip, record_count from sync.devices
      where tenant = $1 and deleted_at is null order by device_id`,
    [lease.tenant],
  );
  return rows;
}

const nothing = { removed: 0, restored: 0, undeleted: 0, unretired: 0, errored: 0, kept: {} };

test("a preview names the records that would go, page after page, and says which devices go with them", async (t) => {
  const at = await scene(t);
  const first = await play(
    at,
    [1, 2, 3].map((id) => netboxDevice(id)),
  );
  await play(at, [netboxDevice(2)], { from: other });
  const named = async (after: number, limit: number) => {
    const found = await previewUndo(at.db, at.lease.tenant, {
      runNo: first,
      page: { after, limit },
    });
    assert.ok(found.ok);
    assert.equal(found.value.report.removed, 3);
    return found.value.removes;
  };
  const [one, two, three, ...others] = await named(0, 9);
  assert.deepEqual([one?.native, two?.native, three?.native, others], ["1", "2", "3", []]);
  assert.match(one?.deviceId ?? "", /^[0-9a-f-]{36}$/);
  assert.deepEqual(await named(0, 2), [one, two]);
  assert.deepEqual(await named(two?.recordNo ?? 0, 2), [three]);
  assert.deepEqual(
    [one, two, three].map((row) => row?.isLast),
    [true, false, true],
  );
});

test("what only the run brought goes, what it changed is as it was, and redoing it brings all of it back", async (t) => {
  const at = await scene(t);
  await play(at, [netboxDevice(1), netboxDevice(2), netboxDevice(3)]);
  const before = [await answer(at.db, at.lease), await standing(at)];
  const runNo = await play(at, [
    netboxDevice(1),
    netboxDevice(2, { hostname: "renamed", ip: "10.0.0.2" }),
    netboxDevice(3, { ip: "10.0.0.3" }),
    netboxDevice(4),
  ]);
  const after = [await answer(at.db, at.lease), await standing(at)];
  assert.partialDeepStrictEqual(await undo(at, runNo), { ...nothing, removed: 1, restored: 2 });
  assert.deepEqual([await answer(at.db, at.lease), await standing(at)], before);
  const { rows } = await at.db.query(
    "select deleted_reason from sync.devices where hostname = 'host-4'",
  );
  assert.deepEqual(rows, [{ deleted_reason: "run_undone" }]);
  await redo(at, runNo);
  assert.deepEqual([await answer(at.db, at.lease), await standing(at)], after);
  await undo(at, runNo);
  assert.deepEqual([await answer(at.db, at.lease), await standing(at)], before);
});

test("a run that joined two devices by a wrong record leaves them apart again, each under its id", async (t) => {
  const at = await scene(t);
  const serials = (id: number, serial: string): WireUpdate =>
    netboxDevice(id, { metadata: { ...(netboxDevice(id)["metadata"] as object), serial } });
  await play(at, [serials(1, "SN-ONE")]);
  await play(at, [serials(51, "SN-TWO")], { from: other });
  const before = await standing(at);
  const runNo = await play(at, [serials(51, "SN-ONE")], { from: other });
  assert.notDeepEqual(await standing(at), before);
  await undo(at, runNo);
  assert.deepEqual(await standing(at), before);
});

test("what a later run saw too, or changed again, is kept", async (t) => {
  const at = await scene(t);
  await play(at, [netboxDevice(1), netboxDevice(2)]);
  const runNo = await play(at, [
    netboxDevice(1, { ip: "10.0.0.1" }),
    netboxDevice(2, { ip: "10.0.0.2" }),
    netboxDevice(3),
    netboxDevice(4),
  ]);
  await play(at, [
    netboxDevice(1, { ip: "10.0.0.1" }),
    netboxDevice(2, { ip: "10.0.0.77" }),
    netboxDevice(3),
  ]);
  const report = await undo(at, runNo);
  assert.partialDeepStrictEqual(report, {
    removed: 1,
    restored: 0,
    kept: { "a later run stands on it": 3 },
  });
});

test("what the run retired or deleted is there again, and goes again when it is redone", async (t) => {
  const at = await scene(t);
  await at.db.query("insert into sync.retention (tenant, settings) values ($1, $2)", [
    at.lease.tenant,
    { absent_runs: 1, absent_hours: 0 },
  ]);
  await play(at, [netboxDevice(1), netboxDevice(2), netboxDevice(3)]);
  const before = await standing(at);
  const deleted = { metadata: { ...(netboxDevice(2)["metadata"] as object), _deleted: "true" } };
  const runNo = await play(at, [netboxDevice(1), netboxDevice(2, deleted)]);
  const after = await standing(at);
  assert.equal(after.length, 1);
  assert.partialDeepStrictEqual(await undo(at, runNo), { undeleted: 1, unretired: 1 });
  assert.deepEqual(await standing(at), before);
  await redo(at, runNo);
  assert.deepEqual(await standing(at), after);
});

test("a run that is running, undone, forgotten or unknown cannot be undone, and says why", async (t) => {
  const at = await scene(t);
  const why = async (runNo: number): Promise<string> => {
    const undone = await undoRun(at.db, at.lease.tenant, { runNo, actor: "tester" });
    await settle(at);
    return undone.ok ? "" : undone.error;
  };
  const open = await play(at, [netboxDevice(1)], { end: "none" });
  assert.match(await why(open), /still running/);
  const whole = await play(at, [netboxDevice(2)]);
  assert.equal(await why(whole), "");
  assert.match(await why(whole), /undone already/);
  const old = await play(at, [netboxDevice(3)]);
  await at.db.query("delete from sync.run_seen");
  assert.match(await why(old), /no longer kept \(retention journal_days\)/);
  assert.match(await why(99), /not known/);
  assert.equal((await redoRun(at.db, at.lease.tenant, { runNo: old })).ok, false);
});

test("a record that is listed anew before the redo stays as it is listed", async (t) => {
  const at = await scene(t);
  await play(at, [netboxDevice(1)]);
  const runNo = await play(at, [netboxDevice(1, { ip: "10.0.0.1" }), netboxDevice(2)]);
  await undo(at, runNo);
  await play(at, [netboxDevice(1, { ip: "10.0.0.9" }), netboxDevice(2, { ip: "10.0.0.2" })]);
  const before = await standing(at);
  const redone = await redoRun(at.db, at.lease.tenant, { runNo });
  assert.partialDeepStrictEqual(redone, { ok: true, value: { redone: 0, kept: 2 } });
  await settle(at);
  assert.deepEqual(await standing(at), before);
});

test("an undo that was interrupted goes on where it was", async (t) => {
  const at = await scene(t);
  await at.db.query("insert into sync.retention (tenant, settings) values ($1, $2)", [
    at.lease.tenant,
    { batch_size: 100 },
  ]);
  const many = Array.from({ length: 250 }, (_, id) => netboxDevice(id));
  const runNo = await play(at, many);
  await at.db.query(
    `create function sync.break_off() returns trigger language plpgsql as
     $$ begin if (select count(*) from sync.undo_records) >= 200 then raise exception 'cut' using errcode = '57P01'; end if; return new; end $$`,
  );
  await at.db.query(
    "create trigger cut before insert on sync.undo_records for each row execute function sync.break_off()",
  );
  await assert.rejects(undoRun(at.db, at.lease.tenant, { runNo, actor: "tester" }));
  await at.db.query("drop trigger cut on sync.undo_records");
  const undone = await undoRun(at.db, at.lease.tenant, { runNo, actor: "tester" });
  assert.partialDeepStrictEqual(undone, { ok: true, value: { removed: 250 } });
  await settle(at);
  assert.deepEqual(await standing(at), []);
});

test("a record whose reversal fails is set aside with the reason, the others are reversed, and all of it is redone", async (t) => {
  const at = await scene(t);
  const runNo = await play(
    at,
    [1, 2, 3].map((id) => netboxDevice(id)),
  );
  const before = await standing(at);
  await at.db.query(
    `create function sync.hold_fast() returns trigger language plpgsql as
     $$ begin if old.native = '2' then raise exception 'held fast' using errcode = '23514'; end if; return old; end $$`,
  );
  await at.db.query(
    "create trigger held before delete on sync.records for each row execute function sync.hold_fast()",
  );
  const undone = await undoRun(at.db, at.lease.tenant, { runNo, actor: "tester" });
  assert.partialDeepStrictEqual(undone, { ok: true, value: { removed: 2, errored: 1, kept: {} } });
  const { rows } = await at.db.query(
    "select reason from sync.undo_records where result = 'errored'",
  );
  assert.deepEqual(rows, [{ reason: "database: held fast" }]);
  await settle(at);
  assert.partialDeepStrictEqual(await standing(at), [{ hostname: "host-2" }]);
  await redo(at, runNo);
  assert.deepEqual(await standing(at), before);
});

const deviceArbitrary = fc.record({
  id: fc.integer({ min: 1, max: 5 }),
  serial: fc.constantFrom("SN-A1A", "SN-B2B", "SN-C3C", "SN-D4D"),
  hostname: fc.constantFrom("alpha", "beta", "gamma"),
  ip: fc.constantFrom(undefined, "10.1.0.1", "10.1.0.2"),
});
const runArbitrary = fc.record({
  from: fc.constantFrom(source, other),
  devices: fc.uniqueArray(deviceArbitrary, { selector: ({ id }) => id, maxLength: 5 }),
});

type RunOf<A> = A extends fc.Arbitrary<infer Run> ? Run : never;
/** Its last run contests a name that two rows of one device share; without it they are one again. */
const CONTESTED_BY_THE_LAST: RunOf<typeof runArbitrary>[] = [
  { from: source, devices: [{ id: 3, serial: "SN-C3C", hostname: "alpha", ip: undefined }] },
  { from: source, devices: [{ id: 1, serial: "SN-C3C", hostname: "gamma", ip: undefined }] },
  { from: source, devices: [{ id: 2, serial: "SN-C3C", hostname: "gamma", ip: undefined }] },
  {
    from: other,
    devices: [
      { id: 1, serial: "SN-A1A", hostname: "gamma", ip: undefined },
      { id: 2, serial: "SN-D4D", hostname: "gamma", ip: undefined },
    ],
  },
];

test("undoing any latest run gives the inventory from before it, and redoing it the one from after", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(fc.array(runArbitrary, { minLength: 1, maxLength: 4 }), async (runs) => {
      const at = { db, lease: await newTenant(db) };
      let [before, after]: (readonly string[])[] = [[], []];
      let runNo = 0;
      for (const { from, devices } of runs) {
        before = after;
        const updates = devices.map(({ id, serial, hostname, ip }) => ({
          source: "netbox",
          hostname,
          ...(ip === undefined ? {} : { ip }),
          metadata: { netbox_device_id: `${id}`, integration_id: `${id}`, serial },
        }));
        runNo = await play(at, updates, { from });
        after = await answer(db, at.lease);
      }
      await undo(at, runNo);
      assert.deepEqual(await answer(db, at.lease), before);
      await redo(at, runNo);
      assert.deepEqual(await answer(db, at.lease), after);
    }),
    { numRuns: 15, examples: [[CONTESTED_BY_THE_LAST]] },
  );
});
