/** What a look-up costs does not depend on what PostgreSQL's statistics know of the tenant. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { openPool, type Db } from "../../src/db/pool.ts";
import { workChunks } from "../../src/dire/work.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { TestDatabase } from "../support/database-server.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant, settle } from "../support/dire.ts";
import { putSharing, SOURCES } from "../support/sharing-chunks.ts";

/** Enough that a plan which reads all of a tenant's rows for each of them stands out. */
const DEVICES = 500;
/** Rows and index entries read for each record that is taken in and published, over all tables: 10 by key, 635 where not. */
const READS_MAX = 30;

/** Two sources that know the same devices, chunk by chunk; nothing is in mind, so everything is looked up. */
async function load(db: Db, lease: Lease): Promise<void> {
  const devices = Array.from({ length: DEVICES }, (_, i) => ({
    id: i,
    serial: i,
    address: i % 200,
  }));
  for (const [chunkIndex, source] of SOURCES.entries()) {
    await putSharing(db, lease, { chunk: { source, devices }, chunkIndex });
    while ((await workChunks(db, lease, { limit: 1 })) !== undefined);
    await settle(db, lease);
  }
}

/** Rows that were read by scans of tables and entries that were read by scans of indexes, so far, as connections have reported. */
async function reads(db: Db): Promise<number> {
  const { rows } = await db.query<{ reads: number }>(
    `select ((select sum(seq_tup_read) from pg_stat_user_tables where schemaname = 'sync')
           + (select sum(idx_tup_read) from pg_stat_user_indexes where schemaname = 'sync'))::float8 as reads`,
  );
  return rows[0]?.reads ?? 0;
}

/** Loads over connections of its own, because they report what they read when they end; gives the reads of one record. */
async function readsOfLoad({ db, url }: TestDatabase, lease: Lease): Promise<number> {
  const before = await reads(db);
  {
    const options = { max: 1, applicationName: "test", log: silentLog() };
    await using own = openPool({ address: { url }, ...options });
    await load(own.forTenant(lease.tenant), lease);
    await own.query("select pg_stat_force_next_flush()");
  }
  return ((await reads(db)) - before) / (DEVICES * SOURCES.length);
}

test("a new tenant beside one that is in the statistics is looked up by key", async (t) => {
  const database = await freshDatabase(t);
  const { db } = database;
  await load(db, await newTenant(db));
  await db.query("analyze");
  const perRecord = await readsOfLoad(database, await newTenant(db));
  assert.ok(perRecord <= READS_MAX, `${Math.round(perRecord)} reads for each record`);
});

test("the tables of large tenants are analyzed long before they have grown by a tenth", async (t) => {
  const { db } = await freshDatabase(t);
  const { rows } = await db.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'sync'::regnamespace and 'autovacuum_analyze_scale_factor=0.02' = any(reloptions) order by 1`,
  );
  const names = rows.map(({ name }) => name);
  assert.deepEqual(names, [
    "aliases",
    "device_tags",
    "devices",
    "facts",
    "members",
    "record_addresses",
    "record_versions",
    "records",
  ]);
});
