import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { migrate } from "../../src/db/migrate.ts";
import type { Migration } from "../../src/db/migration.ts";
import { MIGRATIONS } from "../../src/db/migrations.gen.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { readDrift } from "../../src/db/schema-shape.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import { relayedLog, silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";

const log = silentLog();

function steps(...texts: readonly string[]): readonly Migration[] {
  return texts.map((sql, i) => ({
    id: i + 1,
    name: `000${i + 1}-step`,
    sql,
    sha256: sha256Hex(sql),
  }));
}

const FIRST = "create table sync.a (k int)";
const SECOND = "insert into sync.a values (1), (2)";
const VIEW =
  "create schema if not exists platform; create view platform.shown as select k from sync.a";

async function empty(t: TestContext): Promise<Db> {
  return (await freshDatabase(t, { migrated: false })).db;
}

const count = async (db: Db, relation: string): Promise<number> =>
  (await db.query(`select from ${relation}`)).count;

test("a new database gets every step once, in order", async (t) => {
  const db = await empty(t);
  const migrations = steps(FIRST, SECOND);
  assert.deepEqual(await migrate(db, { log, migrations }), ["0001-step", "0002-step"]);
  assert.deepEqual(await migrate(db, { log, migrations }), []);
  assert.deepEqual(await migrate(db, { log, migrations: steps(FIRST, SECOND, SECOND) }), [
    "0003-step",
  ]);
  assert.equal(await count(db, "sync.a"), 4);
});

test("runners that start together apply every step once", async (t) => {
  const { url } = await freshDatabase(t, { migrated: false });
  const migrations = steps(FIRST, SECOND, SECOND);
  const pools = Array.from({ length: 4 }, () =>
    openPool({ address: { url }, max: 1, applicationName: "test", log }),
  );
  const applied = await Promise.all(pools.map((db) => migrate(db, { log, migrations })));
  assert.deepEqual(applied.flat().toSorted(), ["0001-step", "0002-step", "0003-step"]);
  assert.equal(await count(pools[0]!, "sync.a"), 4);
  await Promise.all(pools.map((db) => db.end()));
});

test("a step that fails leaves nothing of itself, names itself, and is done by the next run", async (t) => {
  const db = await empty(t);
  const broken = steps(FIRST, `${SECOND}; select nonsense`);
  await assert.rejects(migrate(db, { log, migrations: broken }), {
    code: "db_42703",
    message: /^migration 0002-step: .*nonsense/,
  });
  assert.equal(await count(db, "sync.a"), 0);
  assert.deepEqual(await migrate(db, { log, migrations: steps(FIRST, SECOND) }), ["0002-step"]);
});

test("a step that waits for a table in use lets those behind it pass, and is tried again", async (t) => {
  const db = await empty(t);
  await migrate(db, { log, migrations: steps(FIRST) });
  await using reader = await db.checkOut();
  await reader.query("begin; select from sync.a");
  const told: string[] = [];
  const hearing = relayedLog("warn", (line) => {
    told.push(line);
    if (told.length === 2) void reader.query("commit");
  });
  const migrations = steps(FIRST, "alter table sync.a add column v text");
  assert.deepEqual(await migrate(db, { log: hearing, migrations, lockWaitMs: 20 }), ["0002-step"]);
  assert.ok(told.length >= 2);
  assert.match(told[0] ?? "", /a table is in use, migrating again/);
});

test("what was changed by hand is told at the next start, in words", async (t) => {
  const db = await empty(t);
  await migrate(db, { log });
  const told: string[] = [];
  const hearing = relayedLog("warn", (line) => told.push(line));
  await migrate(db, { log: hearing });
  assert.deepEqual(told, []);
  await db.query(
    `drop index sync.devices_ip; alter table sync.devices add column note text; alter table sync.refusals alter column code type varchar(17);
     create or replace function sync.try_jsonb(value json) returns jsonb language sql immutable strict as 'select null::jsonb';
     alter table sync.facts disable row level security; drop policy own_tenant on sync.members;
     alter table sync.sources disable trigger sources_told; create table sync.mine (k int primary key);
     set search_path = sync`,
  );
  const { gone, added } = await readDrift(db);
  assert.deepEqual(
    gone.map((line) => line.replace(/[0-9a-f]{32}$/, "…")),
    [
      "column refusals.code text not null collate C",
      "function try_jsonb(value json) …",
      "index devices_ip on devices (tenant, ip)",
      "policy own_tenant on members",
      "table facts under row-level security",
      "trigger sources_told on sources",
    ],
  );
  assert.deepEqual(
    added.map((line) => line.replace(/[0-9a-f]{32}$/, "…")),
    [
      "column devices.note text",
      "column mine.k integer not null",
      "column refusals.code character varying(17) not null",
      "constraint mine_pkey on mine",
      "function try_jsonb(value json) …",
      "table facts",
      "table mine",
      "trigger sources_told on sources not enabled",
      "unique index mine_pkey on mine (k)",
    ],
  );
  await migrate(db, { log: hearing });
  assert.match(told[0] ?? "", /changed by hand since it was migrated/);
});

test("an applied step whose text has changed stops the start", async (t) => {
  const db = await empty(t);
  await migrate(db, { log, migrations: steps(FIRST) });
  await assert.rejects(migrate(db, { log, migrations: steps(`${FIRST} `, SECOND) }), {
    code: "db_schema_changed",
    retry: "permanent",
    message: /step 1 \(0001-step\)/,
  });
});

test("a database that a newer program migrated stops the start", async (t) => {
  const db = await empty(t);
  await migrate(db, { log, migrations: steps(FIRST, SECOND) });
  await assert.rejects(migrate(db, { log, migrations: steps(FIRST) }), {
    code: "db_schema_newer",
    message: /step 2 .* knows 1 steps; install/,
  });
});

test("a view of the original's that is not ours stops the start, which names the way out", async (t) => {
  const db = await empty(t);
  await db.query("create schema platform; create table platform.shown (k int)");
  const migrations = steps(FIRST, VIEW);
  await assert.rejects(
    migrate(db, { log, migrations }),
    (thrown) =>
      thrown instanceof ConfigError &&
      thrown.setting === "--compat-schema" &&
      /shown/.test(thrown.message),
  );
  await migrate(db, { log, migrations, compatSchema: "beside" });
  assert.equal(await count(db, "beside.shown"), 0);
});

test("the views stay in the schema of the first run, and later steps may replace them", async (t) => {
  const db = await empty(t);
  await migrate(db, { log, migrations: steps(FIRST, VIEW), compatSchema: "beside" });
  const replaced = steps(
    FIRST,
    VIEW,
    "create or replace view platform.shown as select k from sync.a where k > 1",
    SECOND,
  );
  await migrate(db, { log, migrations: replaced });
  assert.equal(await count(db, "beside.shown"), 1);
  await assert.rejects(
    migrate(db, { log, migrations: replaced, compatSchema: "platform" }),
    ConfigError,
  );
});

test("a compatibility schema that could not be meant is refused", async (t) => {
  const db = await empty(t);
  for (const compatSchema of ["sync", "public", "pg_x", "Upper", 'a"b', "", "x".repeat(64)]) {
    await assert.rejects(
      migrate(db, { log, migrations: steps(FIRST), compatSchema }),
      ConfigError,
      compatSchema,
    );
  }
});

test("a role that may only use the schema can start on a finished one", async (t) => {
  const { db, url } = await freshDatabase(t, { migrated: false });
  const migrations = steps(FIRST);
  await migrate(db, { log, migrations });
  await using user = openPool({ address: { url }, max: 1, applicationName: "test", log });
  await user.query(
    "grant usage on schema sync to pg_monitor; grant select on sync.migrations to pg_monitor; set role pg_monitor",
  );
  assert.deepEqual(await migrate(user, { log, migrations }), []);
});

test("the program's own steps are numbered without gaps and run on an empty database", async (t) => {
  assert.deepEqual(
    MIGRATIONS.map(({ id }) => id),
    MIGRATIONS.map((_, i) => i + 1),
  );
  const db = await empty(t);
  assert.equal((await migrate(db, { log })).length, MIGRATIONS.length);
});
