import assert from "node:assert/strict";
import { test } from "node:test";

import { changedFields } from "../../src/dire/changed-fields.ts";
import { changedRecords } from "../../src/dire/run-changes.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant, type WireUpdate } from "../support/dire.ts";
import { chunksOf, netboxDevice, playRun, workAll } from "../support/runs.ts";

const source = { serviceId: "5f0c3bb0-0000-4000-8000-000000000001" };

test("a run's changed records tell what each said before and says now, and whether another change came since", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const play = async (updates: readonly WireUpdate[]): Promise<number> => {
    const runId = await playRun(db, lease, { source, updates });
    const { rows } = await db.query<{ run_no: number }>(
      "select run_no from sync.runs where run_id = $1",
      [runId],
    );
    return rows[0]?.run_no ?? 0;
  };
  const first = await play([1, 2, 3].map((no) => netboxDevice(no)));
  const second = await play([
    netboxDevice(1, { hostname: "renamed" }),
    netboxDevice(2, { ip: "10.0.0.2" }),
    netboxDevice(3),
  ]);
  const changesOf = async (runNo: number, after = 0, limit = 10) =>
    await changedRecords(db, lease.tenant, { runNo, after, limit });
  assert.deepEqual(await changesOf(first), []);
  const changed = await changesOf(second);
  assert.deepEqual(
    changed.map(({ hostname, isChangedSince, fields }) => [
      hostname,
      isChangedSince,
      fields.map(({ field }) => field),
    ]),
    [
      ["renamed", false, ["hostname"]],
      [netboxDevice(2)["hostname"], false, ["ip"]],
    ],
  );
  assert.equal(changed[0]?.fields[0]?.after, "renamed");
  assert.ok(changed.every(({ deviceId }) => deviceId !== undefined));
  const [one] = await changesOf(second, 0, 1);
  assert.deepEqual(await changesOf(second, one?.recordNo), changed.slice(1));
  await play([netboxDevice(1, { hostname: "again" }), netboxDevice(2, { ip: "10.0.0.2" })]);
  const later = await changesOf(second);
  assert.deepEqual(
    later.map(({ isChangedSince, fields }) => [isChangedSince, fields[0]?.after]),
    [
      [true, "again"],
      [false, "10.0.0.2"],
    ],
  );
});

test("what two runs at a time both changed is neither's alone", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const devices = [1, 2].map((no) => netboxDevice(no));
  await playRun(db, lease, { source, updates: devices });
  // A run that is given up meanwhile: its first chunk comes between those of the one that goes on.
  const ofRun = (runId: string, hostnames: readonly string[], startedMs: number) =>
    chunksOf({
      source,
      runId,
      startedMs,
      chunkSize: 1,
      updates: hostnames.map((hostname, i) => netboxDevice(i + 1, { hostname })),
    });
  const [a0, a1] = ofRun("run-a", ["a-1", "a-2"], Date.UTC(2027, 0, 1));
  const [b0] = ofRun("run-b", ["b-1"], Date.UTC(2027, 0, 2));
  for (const chunk of [a0, b0, a1]) {
    if (chunk === undefined) continue;
    await putChunk(db, lease.tenant, { ...chunk, chunksMax: 10 });
    await workAll(db, lease);
  }
  const { rows } = await db.query<{ run_no: number }>(
    "select run_no from sync.runs where run_id = 'run-a'",
  );
  const changed = await changedRecords(db, lease.tenant, {
    runNo: rows[0]?.run_no ?? 0,
    after: 0,
    limit: 10,
  });
  assert.deepEqual(
    changed.map(({ fields, isChangedSince }) => [fields[0]?.after, isChangedSince]),
    [
      ["b-1", true],
      ["a-2", false],
    ],
  );
});

test("metadata differs key by key", () => {
  const before = { ip: "10.0.0.1", metadata: { serial: "A", site: "x" } };
  assert.deepEqual(changedFields(before, { ip: "10.0.0.1", metadata: { site: "x", role: "r" } }), [
    { field: "metadata.role", before: undefined, after: "r" },
    { field: "metadata.serial", before: "A", after: undefined },
  ]);
  assert.deepEqual(changedFields(before, before), []);
});
