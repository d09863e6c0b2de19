/** A read replica that is one: a copy of the embedded server's cluster that streams from it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { createApi } from "../../src/api/app.ts";
import { PLATFORM_ADMIN } from "../../src/api/caller.ts";
import { openLists } from "../../src/bin/lists.ts";
import { Authorities } from "../../src/control/authorities.ts";
import { Sealer } from "../../src/control/secrets.ts";
import { startEmbedded, type Embedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { Replica } from "../../src/db/replica.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { relayedLog, silentLog } from "../../src/lib/log.ts";
import { eventually } from "../support/eventually.ts";
import { removeFolder } from "../support/remove-folder.ts";

const log = silentLog();
const dir = await mkdtemp(join(tmpdir(), "serviceradar-test-"));
// As root PostgreSQL runs as another user, who passes through.
chmodSync(dir, 0o755);
const running: Embedded[] = [];
const pools: Db[] = [];
after(async () => {
  for (const pool of pools) await pool.end();
  for (const server of running.toReversed()) await server.stop();
  await removeFolder(dir);
});

async function start(name: string): Promise<Embedded> {
  const server = await startEmbedded({
    dataDir: join(dir, name),
    explicitDataDir: true,
    log,
    sharedBuffersBytes: 32 * 1024 ** 2,
    unsafeNoFsync: true,
  });
  running.push(server);
  return server;
}

function open({ connection }: Embedded): Db {
  const db = openPool({ address: connection, max: 3, applicationName: "test", log });
  pools.push(db);
  return db;
}

/** What an operator does with pg_basebackup, which the embedded server has not: copy, and say where it streams from. */
async function primaryAndStandby(): Promise<{ primary: Embedded; standby: Embedded }> {
  const first = await start("primary");
  await first.stop();
  running.pop();
  execFileSync("cp", ["-a", join(dir, "primary"), join(dir, "standby")]);
  const primary = await start("primary");
  const { host, port, user, password } = primary.connection;
  const cluster = join(dir, "standby", "postgres");
  writeFileSync(join(cluster, "standby.signal"), "");
  execFileSync("chown", [`--reference=${cluster}`, join(cluster, "standby.signal")]);
  const from = `host=${host} port=${port} user=${user} password=${password.reveal()}`;
  appendFileSync(join(cluster, "postgresql.auto.conf"), `primary_conninfo = '${from}'\n`);
  return { primary, standby: await start("standby") };
}

const { primary, standby } = await primaryAndStandby();
const [db, copy] = [open(primary), open(standby)];
await migrate(db, { log });
await db.query(
  `insert into sync.tenants (tenant, uid, slug, name) values (1, gen_random_uuid(), 'acme', 'Acme');
   insert into sync.tenant_ingest (tenant) values (1)`,
);
const clock = { nowMs: Date.now(), now: () => clock.nowMs, sleep: () => Promise.resolve() };
/** Everything that the replica's log said. */
const told: string[] = [];

function replica(more: { readonly lagMaxMs?: number } = {}): Replica {
  const hearing = relayedLog("info", (line) => told.push(line));
  return new Replica({ primary: db, replica: copy, clock, log: hearing, ...more });
}

async function addDevice(deviceNo: number): Promise<void> {
  await db.forTenant(1).query(
    `insert into sync.devices (device_no, device_id, partition_no, hostname, instances, sources, record_count, first_seen, last_seen)
     values ($1::int, gen_random_uuid(), 1, 'h' || $1::int, '{}', '{}', 1, now(), now())`,
    [deviceNo],
  );
}

/** Waits until the standby has played what the primary was told so far, also what it has not written yet. */
async function caughtUp(): Promise<void> {
  const { rows } = await db.query<{ lsn: string }>(
    "select pg_current_wal_insert_lsn()::text as lsn",
  );
  await eventually(async () => {
    const { rows: played } = await copy.query<{ is_there: boolean }>(
      "select pg_last_wal_replay_lsn() >= $1::pg_lsn as is_there",
      [rows[0]?.lsn],
    );
    assert.deepEqual(played, [{ is_there: true }]);
  });
}

function api(lists: Replica): (path: string) => Promise<readonly string[]> {
  const sealer = new Sealer(randomBytes(32));
  const authorities = new Authorities(sealer, clock);
  const app = createApi({ db, sealer, authorities, clock, log, lists });
  return async (path) => {
    const url = new URL(`/api/v1/tenants/acme/${path}`, "http://core");
    const answer = await app.fetch(new Request(url), PLATFORM_ADMIN);
    assert.equal(answer.status, 200, await answer.clone().text());
    const { devices } = (await answer.json()) as { devices: { hostname: string }[] };
    return devices.map(({ hostname }) => hostname);
  };
}

test("lists come from the standby, and from the primary where that is behind, gone or another's", async () => {
  const lists = replica();
  const devices = api(lists);
  await addDevice(1);
  await caughtUp();
  await lists.check();
  await copy.query("select pg_wal_replay_pause()");
  await addDevice(2);
  assert.deepEqual(await devices("devices"), ["h1"]);
  assert.deepEqual(
    await db
      .forTenant(1)
      .query("select from sync.devices")
      .then((x) => x.count),
    2,
  );

  // The same standby, for who takes nothing that is older than this instant.
  const strict = replica({ lagMaxMs: -1 });
  assert.deepEqual(await api(strict)("devices"), ["h1", "h2"]);

  await copy.query("select pg_wal_replay_resume()");
  await caughtUp();
  assert.deepEqual(await devices("devices?q=h2"), ["h2"]);

  await standby.stop();
  running.pop();
  assert.deepEqual(await devices("devices"), ["h1", "h2"]);
  clock.nowMs += 60_000;
  assert.deepEqual(await devices("devices"), ["h1", "h2"]);
  assert.match(told.at(-1) ?? "", /lists are read from the primary/);
});

test("the barrier between tenants stands on a replica as well", async () => {
  const lists = new Replica({ primary: db, replica: db, clock, log });
  const count = await lists.read(
    2,
    async (own) => (await own.query("select from sync.devices")).count,
  );
  assert.equal(count, 0);
});

test("a replica of another database stops a start, one that is away does not", async () => {
  const { host, user, password } = primary.connection;
  // The same server, another database.
  const other = `postgresql://${user}:${password.reveal()}@${encodeURIComponent(host)}/template1`;
  const settings = { databaseUrl: "postgresql://somewhere", poolSize: 2 };
  const says = (words: RegExp) => (thrown: unknown) =>
    thrown instanceof ConfigError &&
    thrown.setting === "--read-database-url" &&
    words.test(thrown.message);
  await assert.rejects(
    openLists({ db }, { ...settings, readDatabaseUrl: other }, log),
    says(/is not a replica of --database-url/),
  );
  await assert.rejects(
    openLists({ db }, { ...settings, readDatabaseUrl: "https://x" }, log),
    says(/is not a URL such as/),
  );
  await assert.rejects(
    openLists({ db }, { ...settings, databaseUrl: undefined, readDatabaseUrl: other }, log),
    says(/goes with --database-url/),
  );
  const away = `postgresql://nobody@${encodeURIComponent(dir)}/nothing`;
  await using opened = await openLists({ db }, { ...settings, readDatabaseUrl: away }, log);
  assert.equal(await opened.lists.read(1, async (own) => (await own.query("select 1")).count), 1);
});
