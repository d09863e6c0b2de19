/** What a start makes of settings that are given, and of those that are not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pino } from "pino";

import { readTuning, settleTuning } from "../../src/bin/settle-tuning.ts";
import { TUNED } from "../../src/model/tuning.ts";
import { freshDatabase } from "../support/database.ts";

test("a setting that is given always wins; the others come from what the database holds and can give", async (t) => {
  const { db } = await freshDatabase(t);
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void =>
    void lines.push(JSON.parse(line) as Record<string, unknown>);
  const given = readTuning({ POOL_SIZE: "12", SYNC_INGESTOR_COALESCE_MS: "0" });
  const settled = await settleTuning(db, given, pino({}, { write }));
  assert.equal(settled.tuning.POOL_SIZE, 12);
  assert.equal(settled.poolMost, 12, "a size that is given does not grow");
  assert.equal(settled.tuning.SYNC_INGESTOR_COALESCE_MS, 0);
  assert.equal(settled.tuning.SYNC_INGESTOR_QUEUE_MAX_CHUNKS, 10);
  assert.deepEqual(TUNED.filter(settled.isGiven), ["POOL_SIZE", "SYNC_INGESTOR_COALESCE_MS"]);
  assert.deepEqual(
    lines.map((line) => [line["msg"], line["POOL_SIZE"], line["DATABASE_QUEUE_TARGET_MS"]]),
    [["tuned", "12", "2000 (automatic)"]],
  );
});

test("without POOL_SIZE a core may grow to its share of max_connections, less with every replica", async (t) => {
  const { db } = await freshDatabase(t);
  const { rows } = await db.query<{ most: number }>(
    "select current_setting('max_connections')::int as most",
  );
  const most = rows[0]?.most ?? 0;
  const log = pino({ level: "silent" });
  const alone = await settleTuning(db, readTuning({}), log);
  assert.equal(alone.poolMost, Math.floor(most * 0.6));
  assert.equal(alone.tuning.POOL_SIZE, Math.min(40, alone.poolMost));
  const one = await settleTuning(db, readTuning({ SYNC_CORE_REPLICAS: "3" }), log);
  assert.equal(one.poolMost, Math.floor((most * 0.6) / 3));
  assert.ok(one.tuning.POOL_SIZE <= one.poolMost);
});

test("a database that holds more is worked by a larger row", async (t) => {
  const { db } = await freshDatabase(t);
  // What ANALYZE would find in an inventory of that size.
  await db.query("update pg_class set reltuples = 400000 where oid = 'sync.devices'::regclass");
  const { tuning, why } = await settleTuning(db, readTuning({}), pino({ level: "silent" }));
  assert.equal(tuning.DATABASE_QUEUE_TARGET_MS, 3_000);
  assert.match(why[0] ?? "", /400,000 devices of 1 tenant: the row "medium"/);
});
