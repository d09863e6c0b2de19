/** A run is verified by what is stored, not by what its row says. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import { undoRun } from "../../src/dire/undo-run.ts";
import { verifyRun } from "../../src/dire/verify-run.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant } from "../support/dire.ts";
import { netboxDevice, playRun, workAll, type TestRun } from "../support/runs.ts";

const source = { serviceId: "5f0c3bb0-0000-4000-8000-000000000001" };

async function played(
  t: Parameters<typeof freshDatabase>[0],
  run: TestRun = {},
): Promise<{ db: Db; lease: Lease }> {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const updates = Array.from({ length: 40 }, (_, id) => netboxDevice(id));
  await playRun(db, lease, { source, updates });
  const changed = updates.map((update, i) => (i === 3 ? { ...update, ip: "10.0.0.3" } : update));
  await playRun(db, lease, {
    source,
    updates: [...changed, netboxDevice(99)],
    chunkSize: 10,
    ...run,
  });
  return { db, lease };
}

/** What does not pass, as "check: detail". */
async function wrong({ db, lease }: { db: Db; lease: Lease }, runNo = 2): Promise<string[]> {
  const findings = await tx(db, (open) => verifyRun(open, lease.tenant, runNo));
  assert.ok(findings.length >= 6 || findings.some(({ isRight }) => !isRight));
  return findings.flatMap(({ check, isRight, detail }) => (isRight ? [] : [`${check}: ${detail}`]));
}

test("a whole run passes, the first, one of unchanged and changed records, one without manifest", async (t) => {
  const at = await played(t);
  assert.deepEqual([await wrong(at, 1), await wrong(at, 2)], [[], []]);
  assert.deepEqual(await wrong(await played(t, { end: "final" })), []);
});

test("records that wait for a decision are told of, and are no fault of the run", async (t) => {
  const at = await played(t);
  await at.db.query(
    `insert into sync.holds (tenant, hold_no, run_no, records, record_count, shrinks, ids, devices, changes)
     values ($1, 1, 2, '{[1,4)}', 3, 1, 0, 40, '[]')`,
    [at.lease.tenant],
  );
  await at.db.query("delete from sync.members where record_no < 4");
  assert.deepEqual(await wrong(at, 1), []);
  const findings = await tx(at.db, (open) => verifyRun(open, at.lease.tenant, 1));
  const { detail } = findings.find(({ check }) => check === "devices") ?? {};
  assert.match(detail ?? "", /but for 3 that wait for a decision \(dire held list\)/);
});

test("an undone run passes without the records that went with it, and says how many those are", async (t) => {
  const at = await played(t);
  assert.ok((await undoRun(at.db, at.lease.tenant, { runNo: 2, actor: "tester" })).ok);
  await at.db.query("update sync.tenant_ingest set epoch = 1 where tenant = $1", [at.lease.tenant]);
  await workAll(at.db, at.lease);
  assert.deepEqual(await wrong(at, 2), []);
  const findings = await tx(at.db, (open) => verifyRun(open, at.lease.tenant, 2));
  const { detail } = findings.find(({ check }) => check === "records") ?? {};
  assert.equal(
    detail,
    "all 41 records that it saw are there, but for 1 that went when it was undone",
  );
  await at.db.query("delete from sync.records where native = '7'");
  assert.match((await wrong(at, 2)).join(), /^records: of 40 records that it saw 1 are gone/);
});

test("a lost chunk, a chunk that is parked and entries that were not used are named", async (t) => {
  const lossy = await played(t, { lost: 2 });
  assert.deepEqual(await wrong(lossy), [
    "outcome: the run is partial: 1 of 5 chunks that the agent lists did not arrive as listed",
    "chunks: 4 of 5 chunks were worked; chunk 2 is missing",
    "hashes: their hashes are not those that the agent lists",
    "entries: 31 entries by chunk, 31 by batch, 41 by the agent",
  ]);
  await lossy.db.query(
    `insert into sync.inbox (tenant, agent_id, run_id, chunk_index, sender, raw_bytes, body, parked_reason)
     select tenant, agent_id, run_id, 2, '{}', 1, '', 'odd' from sync.runs where run_no = 2`,
  );
  assert.ok((await wrong(lossy)).includes("inbox: 0 of its chunks wait, 1 are parked"));
});

test("what somebody changed behind the core's back is found, thing by thing", async (t) => {
  const changes: readonly (readonly [string, RegExp])[] = [
    ["update sync.ledger set sha256 = '\\x00' where chunk_index = 1", /^hashes: /],
    [
      "delete from sync.ledger where chunk_index = 1",
      /^chunks: 4 of 5 chunks were worked; chunk 1/,
    ],
    [
      "update sync.runs set created = 5 where run_no = 2",
      /^counters: by evidence 1 new, 1 changed/,
    ],
    ["update sync.runs set entries = entries + 1 where run_no = 2", /^entries: 41 .* 42 by batch/],
    ["delete from sync.records where native = '7'", /^records: of 41 .* 1 are gone, 0 belong/],
    [
      "update sync.records set instance_no = 9 where native = '7'",
      /^records: .* 0 are gone, 1 belong/,
    ],
    ["delete from sync.members where record_no = 5", /^devices: 0 of them .* 1 have no device/],
    [
      "insert into sync.dirty (tenant, records) select max(tenant), '{[1,4)}' from sync.tenants",
      /^devices: 3 of them are not published/,
    ],
    ["delete from sync.ledger", /^chunks: the hashes of its chunks are no longer kept/],
    ["delete from sync.run_seen", /^evidence: .* no longer kept/],
  ];
  for (const [change, expected] of changes) {
    const at = await played(t);
    await at.db.query(change);
    const [first, ...others] = await wrong(at);
    assert.match(first ?? "", expected, change);
    if (!change.startsWith("delete from sync.ledger where")) assert.deepEqual(others, [], change);
  }
});
