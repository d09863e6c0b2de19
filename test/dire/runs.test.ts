/** What a run's row says of it: counters, outcome, and whether what it did not see was not there. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import { Keeper } from "../../src/dire/keeper.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant } from "../support/dire.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { netboxDevice, playRun, workAll } from "../support/runs.ts";

const source = { serviceId: "5f0c3bb0-0000-4000-8000-000000000001" };
const devices = (from: number, until: number): ReturnType<typeof netboxDevice>[] =>
  Array.from({ length: until - from }, (_, i) => netboxDevice(from + i));

async function runRow(db: Db, runId: string): Promise<Record<string, unknown>> {
  const { rows } = await db.query<Record<string, unknown>>(
    `select kind, outcome, is_complete, entries, created, changed, unchanged, retracted, rejected, error_kind
       from sync.runs where run_id = $1`,
    [runId],
  );
  assert.equal(rows.length, 1);
  return rows[0] ?? {};
}

async function look(db: Db): Promise<void> {
  await new Keeper({ db, clock: new InstantClock(), log: silentLog() }).look();
}

test("a run counts every entry once, as what it did", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await playRun(db, lease, { source, updates: devices(0, 5) });
  const updates = [
    ...devices(0, 2),
    netboxDevice(2, { hostname: "renamed" }),
    netboxDevice(3, { metadata: { ...(netboxDevice(3)["metadata"] as object), _deleted: "true" } }),
    netboxDevice(9),
    { source: "netbox", hostname: "nobody" },
  ];
  const runId = await playRun(db, lease, { source, updates });
  assert.deepEqual(await runRow(db, runId), {
    kind: "full",
    outcome: "partial",
    is_complete: false,
    entries: 6,
    created: 1,
    changed: 1,
    unchanged: 2,
    retracted: 1,
    rejected: 1,
    error_kind: "rejected",
  });
});

test("a run is complete when chunks, hashes and counts are those that its agent lists", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const whole = await playRun(db, lease, { source, updates: devices(0, 5), chunkSize: 2 });
  const lossy = await playRun(db, lease, { source, updates: devices(0, 5), chunkSize: 2, lost: 1 });
  const short = await playRun(db, lease, { source, updates: devices(0, 5), devices: 6 });
  const verdicts = [];
  for (const runId of [whole, lossy, short]) {
    const { outcome, is_complete: complete, error_kind: kind } = await runRow(db, runId);
    verdicts.push([outcome, complete, kind]);
  }
  assert.deepEqual(verdicts, [
    ["success", true, null],
    ["partial", false, "incomplete"],
    ["partial", false, "incomplete"],
  ]);
});

test("a run that failed, and one that found nothing, are rows too", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const error = { kind: "auth", message: "the token was refused" };
  const failed = await playRun(db, lease, { source, updates: [], outcome: "failed", error });
  const empty = await playRun(db, lease, { source, updates: [] });
  assert.partialDeepStrictEqual(await runRow(db, failed), {
    outcome: "failed",
    error_kind: "auth",
  });
  assert.partialDeepStrictEqual(await runRow(db, empty), { outcome: "success", is_complete: true });
});

test("entries that all belong to nobody are counted, with the source that their chunk names", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const updates = [{ source: "netbox" }, { source: "netbox", hostname: "x" }];
  const runId = await playRun(db, lease, { source, updates });
  assert.partialDeepStrictEqual(await runRow(db, runId), {
    entries: 2,
    rejected: 2,
    outcome: "partial",
  });
});

test("a run of an agent without manifests ends with its last chunk, and is full only if its source says so", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const updates = devices(0, 4);
  const full = { ...source, finalMeansFull: true };
  const unknown = await playRun(db, lease, { source, updates, chunkSize: 2, end: "final" });
  const known = await playRun(db, lease, { source: full, updates, chunkSize: 2, end: "final" });
  const lossy = await playRun(db, lease, {
    source: full,
    updates,
    chunkSize: 2,
    end: "final",
    lost: 0,
  });
  const verdicts = [];
  for (const runId of [unknown, known, lossy]) {
    const { kind, outcome, is_complete: complete } = await runRow(db, runId);
    verdicts.push([kind, outcome, complete]);
  }
  assert.deepEqual(verdicts, [
    ["unknown", "success", true],
    ["full", "success", true],
    ["full", "partial", false],
  ]);
});

test("a run that falls silent times out, and is judged after all when its end arrives", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const runId = await playRun(db, lease, { source, updates: devices(0, 2), end: "none" });
  await look(db);
  assert.partialDeepStrictEqual(await runRow(db, runId), { outcome: "running" });
  await db.query("update sync.runs set active_at = now() - interval '61 minutes'");
  await look(db);
  assert.partialDeepStrictEqual(await runRow(db, runId), {
    outcome: "timeout",
    is_complete: false,
    error_kind: "timeout",
  });
  await playRun(db, lease, { source, updates: [], devices: 2, runId });
  assert.partialDeepStrictEqual(await runRow(db, runId), { outcome: "partial" });
});

test("a run whose chunks still wait in the inbox does not time out", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const runId = await playRun(db, lease, { source, updates: devices(0, 2), end: "none" });
  await db.query("update sync.runs set active_at = now() - interval '61 minutes'");
  await db.query(
    `insert into sync.inbox (tenant, agent_id, run_id, chunk_index, sender, raw_bytes, body)
     values ($1, 'agent-1', $2, 7, '{}', 1, '')`,
    [lease.tenant, runId],
  );
  await look(db);
  assert.partialDeepStrictEqual(await runRow(db, runId), { outcome: "running" });
});

test("old runs are forgotten with their hashes, but for the newest of a source", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await playRun(db, lease, { source, updates: devices(0, 2) });
  const newest = await playRun(db, lease, { source, updates: devices(0, 3) });
  await db.query("update sync.runs set active_at = now() - interval '91 days'");
  await db.query("update sync.ledger set received_at = now() - interval '91 days'");
  await look(db);
  const { rows } = await db.query(
    "select run_id, (select count(*) from sync.ledger) as hashes, (select count(*) from sync.run_seen) as seen from sync.runs",
  );
  assert.deepEqual(rows, [{ run_id: newest, hashes: 0, seen: 0 }]);
  await workAll(db, lease);
});
