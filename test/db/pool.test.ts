import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import { TLSSocket } from "node:tls";

import { openPool } from "../../src/db/pool.ts";
import { ConfigError, SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { makeSelfSigned } from "../support/self-signed.ts";

const log = silentLog();
const pool = (url: string): ReturnType<typeof openPool> =>
  openPool({ address: { url }, max: 1, applicationName: "test", log });

test("values come back as numbers, milliseconds, text and bytes", async (t) => {
  const { db } = await freshDatabase(t, { migrated: false });
  const { rows, count } = await db.query(`
    select 9007199254740991::int8 as large, array[1, null]::int8[] as larges, 1.5::numeric as fraction,
      '2026-01-02 03:04:05.678901+05:30'::timestamptz as at, array['infinity', null]::timestamptz[] as times,
      '2026-01-02'::date as day, '\\x00ff'::bytea as bytes, '{"a": [1]}'::json as parsed, array[array[1],array[2]]::int8[] as nested,
      (select sum(x) from generate_series(1::int8, 4) as x) as total`);
  assert.equal(count, 1);
  assert.deepEqual(rows[0], {
    large: Number.MAX_SAFE_INTEGER,
    larges: [1, null],
    fraction: 1.5,
    at: Date.parse("2026-01-02T03:04:05.678+05:30"),
    times: [Number.POSITIVE_INFINITY, null],
    day: "2026-01-02",
    bytes: Buffer.from([0, 255]),
    parsed: { a: [1] },
    nested: [[1], [2]],
    total: 10,
  });
});

test("every millisecond survives the way to the server and back, in every time zone", async (t) => {
  const { db } = await freshDatabase(t, { migrated: false, max: 1 });
  const first = Date.UTC(2026, 2, 29, 0, 59, 59, 0);
  const times = Array.from({ length: 1000 }, (_, ms) => first + ms * 1001);
  for (const zone of ["UTC", "Asia/Kolkata", "America/St_Johns"]) {
    await db.query(`set timezone = '${zone}'`);
    const { rows } = await db.query<{ at: number }>("select unnest($1::timestamptz[]) as at", [
      times.map((ms) => new Date(ms).toISOString()),
    ]);
    assert.deepEqual(
      rows.map(({ at }) => at),
      times,
    );
  }
});

test("a number that would be rounded is refused instead", async (t) => {
  const { db } = await freshDatabase(t, { migrated: false });
  for (const column of ["9007199254740993::int8", "9007199254740993::numeric"]) {
    await assert.rejects(db.query(`select ${column}`), { code: "db_number_too_large" });
  }
  const { rows } = await db.query("select 9007199254740993::text as text");
  assert.deepEqual(rows, [{ text: "9007199254740993" }]);
});

test("parameters carry null, arrays, json and bytes", async (t) => {
  const { db } = await freshDatabase(t, { migrated: false });
  const { rows } = await db.query(
    "select $1::text as a, $2::text[] as b, $3::json as c, $4::bytea as d",
    [undefined, ["x", 'y,"z'], { k: 1 }, Buffer.from([1])],
  );
  assert.deepEqual(rows, [{ a: null, b: ["x", 'y,"z'], c: { k: 1 }, d: Buffer.from([1]) }]);
});

test("an idle connection that the server ends is replaced by the next statement", async (t) => {
  const { db, url } = await freshDatabase(t, { migrated: false, max: 1 });
  const { rows } = await db.query<{ pid: number }>("select pg_backend_pid() as pid");
  await using other = pool(url);
  await other.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
  while (db.load().idle > 0) await setImmediate();
  const again = await db.query<{ pid: number }>("select pg_backend_pid() as pid");
  assert.notEqual(again.rows[0]?.pid, rows[0]?.pid);
});

test("a request for which no connection comes free fails as queue_timeout, in three intervals of waiting", async (t) => {
  const { url } = await freshDatabase(t, { migrated: false });
  const clock = new ManualClock();
  const queue = { targetMs: 500, intervalMs: 1_000 };
  await using db = openPool({
    address: { url },
    max: 1,
    applicationName: "test",
    log,
    queue,
    clock,
  });
  await using held = await db.checkOut();
  await held.query("select 1");
  await clock.advance(1);
  const { size, busy, idle, waiting } = db.load();
  assert.deepEqual({ size, busy, idle, waiting }, { size: 1, busy: 1, idle: 0, waiting: 0 });
  const refused = assert.rejects(db.query("select 1"), {
    code: "db_queue_timeout",
    message:
      "database: queue_timeout: no connection came free in time; raise POOL_SIZE or DATABASE_QUEUE_TARGET_MS",
    retry: "transient",
  });
  await clock.advance(2_999);
  assert.equal(db.load().waiting, 1);
  await clock.advance(1);
  await refused;
  assert.equal(db.load().timeouts, 1);
});

test("what waits goes on, in order, as connections come back", async (t) => {
  const { url } = await freshDatabase(t, { migrated: false });
  await using db = pool(url);
  const held = await db.checkOut();
  const order: number[] = [];
  const all = [1, 2, 3].map(async (n) => {
    await db.query("select 1");
    order.push(n);
  });
  assert.equal(db.load().waiting, 3);
  await held[Symbol.asyncDispose]();
  await Promise.all(all);
  assert.deepEqual(order, [1, 2, 3]);
});

test("POOL_SIZE is how many statements run at once; without one the pool grows as it is seen to wait", async (t) => {
  const { url } = await freshDatabase(t, { migrated: false });
  const clock = new ManualClock();
  await using db = openPool({ address: { url }, max: 2, applicationName: "test", log, clock });
  const queue = { targetMs: 10_000, intervalMs: 1_000 };
  const take = async (n: number): Promise<AsyncDisposable[]> =>
    await Promise.all(Array.from({ length: n }, () => db.checkOut()));
  const give = async (all: readonly AsyncDisposable[]): Promise<void> => {
    for (const one of all) await one[Symbol.asyncDispose]();
  };
  const held = await take(2);
  const third = db.checkOut();
  assert.equal(db.load().waiting, 1);
  await give(held);
  await give([await third]);
  db.retune({ queue, least: 2, most: 3 });
  const again = await take(2);
  const waits = take(2);
  // Nobody gets anything for so long that the least wait is a quarter of the target.
  await clock.advance(4_000);
  assert.deepEqual([db.load().size, db.load().waiting], [3, 1]);
  await give(again);
  await give(await waits);
  await clock.advance(31_000);
  assert.equal(db.load().size, 2);
});

test("a server that nobody listens at, or that hangs up, is unreachable for now", async (t) => {
  const hangUp = await listen(t, (socket) => socket.destroy());
  await using rude = pool(`postgresql://u@127.0.0.1:${hangUp.port}/d`);
  await assert.rejects(rude.query("select 1"), { code: "db_unreachable", retry: "transient" });
  await hangUp.close();
  await using nobody = pool(`postgresql://u@127.0.0.1:${hangUp.port}/d`);
  await assert.rejects(nobody.query("select 1"), { code: "db_unreachable", retry: "transient" });
});

test("an ended pool says so", async (t) => {
  const { url } = await freshDatabase(t, { migrated: false });
  const db = pool(url);
  await Promise.all([db.end(), db.end()]);
  await assert.rejects(db.query("select 1"), { code: "db_closed", retry: "permanent" });
});

test("a wrong database URL stops the start and names the setting, without its password", () => {
  const wrong = [
    "db.example.com",
    "http://u:hunter2@db/d",
    "postgresql://u:hunter2@db/d?sslmode=prefer",
    "postgresql://u:hunter2@db/d?sslmode=bogus",
    "postgresql://u:hunter2@db/d?sslmode=verify-ca",
    "postgresql://u:hunter2@db/d?sslmode=verify-full&sslrootcert=/does/not/exist.pem",
  ];
  for (const url of wrong) {
    assert.throws(
      () => pool(url),
      (thrown) =>
        thrown instanceof ConfigError &&
        thrown.setting === "--database-url" &&
        !thrown.message.includes("hunter2"),
      url,
    );
  }
});

test("sslmode keeps libpq's meaning: whatever encrypts never falls back to plain text", async (t) => {
  const asked: string[] = [];
  const plain = await listen(t, (socket) => {
    socket.once("data", (request) => {
      asked.push(request.readUInt32BE(4) === SSL_REQUEST ? "tls" : "plain");
      socket.end("N");
    });
  });
  for (const mode of ["require", "verify-full", "no-verify"]) {
    await using db = pool(`postgresql://u@127.0.0.1:${plain.port}/d?sslmode=${mode}`);
    await assert.rejects(db.query("select 1"), { code: "db_connect_failed", retry: "permanent" });
  }
  await using open = pool(`postgresql://u@127.0.0.1:${plain.port}/d?sslmode=disable`);
  await assert.rejects(open.query("select 1"), SyncError);
  assert.deepEqual(asked, ["tls", "tls", "tls", "plain"]);
});

test("a server's certificate counts where sslmode says so, and sslrootcert vouches for it", async (t) => {
  const { cert, key } = await makeSelfSigned();
  const folder = mkdtempSync(join(tmpdir(), "serviceradar-tls-"));
  t.after(() => removeFolder(folder));
  writeFileSync(join(folder, "root.pem"), cert);
  let started = 0;
  const server = await listen(t, (socket) => {
    socket.once("data", () => {
      socket.write("S");
      const secure = new TLSSocket(socket, { isServer: true, cert, key });
      secure.on("error", () => socket.destroy());
      secure.once("data", () => {
        started += 1;
        socket.destroy();
      });
    });
  });
  const reach = async (parameters: string): Promise<string> => {
    await using db = pool(`postgresql://u@127.0.0.1:${server.port}/d?${parameters}`);
    const failure = await db.query("select 1").catch((thrown: unknown) => thrown as SyncError);
    return failure instanceof SyncError ? failure.code : "answered";
  };
  assert.equal(await reach("sslmode=verify-full"), "db_connect_failed");
  assert.equal(started, 0);
  assert.equal(await reach("sslmode=require"), "db_unreachable");
  assert.equal(await reach(`sslmode=verify-full&sslrootcert=${folder}/root.pem`), "db_unreachable");
  assert.equal(started, 2);
});

/** Code of an SSLRequest message (PostgreSQL protocol 3.0, "Message Formats"). */
const SSL_REQUEST = 80877103;

async function listen(
  t: TestContext,
  onSocket: (socket: Socket) => void,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer(onSocket).listen(0, "127.0.0.1");
  const close = async (): Promise<void> =>
    void (server.listening && (await once(server.close(), "close")));
  t.after(close);
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { port: address.port, close };
}
