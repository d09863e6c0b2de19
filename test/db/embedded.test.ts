import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readlinkSync } from "node:fs";
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { after, before, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { SocketAddress } from "../../src/db/connection.ts";
import { startEmbedded, type Embedded } from "../../src/db/embedded.ts";
import { openPool } from "../../src/db/pool.ts";
import { markUnsynced } from "../../src/db/unsynced.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { Secret } from "../../src/lib/secret.ts";
import { removeFolder } from "../support/remove-folder.ts";

const CORE = fileURLToPath(new URL("../support/embedded-core.ts", import.meta.url));
const log = silentLog();

/** Durable settings: what these tests kill must lose nothing. */
const start = (dataDir: string, more: { signal?: AbortSignal } = {}): Promise<Embedded> =>
  startEmbedded({
    dataDir,
    explicitDataDir: true,
    log,
    sharedBuffersBytes: 32 * 1024 ** 2,
    ...more,
  });

async function query(address: SocketAddress, sql: string): Promise<readonly unknown[]> {
  await using db = openPool({ address, max: 1, applicationName: "test", log });
  return (await db.query(sql)).rows;
}

const rows = (address: SocketAddress): Promise<readonly unknown[]> =>
  query(address, "select k from kept order by k");

async function serverPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10);
}

/** Not so a zombie, whose parent alone decides how long it is listed. */
function isRunning(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) !== "";
  } catch {
    return false;
  }
}

type Said = { readonly code?: string; readonly message?: string; readonly address?: SocketAddress };

/** Another process that starts the database, and what it says first. */
async function otherCore(dataDir: string): Promise<{ child: ChildProcess; said: Said }> {
  const child = spawn(process.execPath, [CORE, dataDir], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  const { password, ...rest } = JSON.parse(line) as Omit<SocketAddress, "password"> &
    Said & { password?: string };
  return {
    child,
    said: password === undefined ? rest : { address: { ...rest, password: new Secret(password) } },
  };
}

describe("an embedded database", () => {
  let home = "";
  let dataDir = "";
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "serviceradar-embedded-"));
    await chmod(home, 0o755);
    dataDir = join(home, "new", "core");
  });
  after(() => removeFolder(home));

  test("is made by the first start, and a later start finds what was written", async () => {
    await mkdir(join(dataDir, "postgres.new"), { recursive: true });
    await writeFile(join(dataDir, "serviceradar-data.txt"), "");
    await writeFile(join(dataDir, "postgres.new", "left"), "by a start that was killed");
    const first = await start(dataDir);
    await query(first.connection, "create table kept (k int); insert into kept values (1)");
    await Promise.all([first.stop(), first.stop()]);
    await using second = await start(dataDir);
    assert.deepEqual(await rows(second.connection), [{ k: 1 }]);
    assert.equal(second.dataDir, dataDir);
  });

  test("is open to this user alone, by socket and password", async () => {
    await using embedded = await start(dataDir);
    const { connection } = embedded;
    assert.equal((await stat(join(dataDir, "postgres.password"))).mode & 0o777, 0o600);
    assert.equal((await stat(join(dataDir, "postgres"))).mode & 0o777, 0o700);
    assert.equal((await stat(connection.host)).mode & 0o777, 0o700);
    assert.ok(Buffer.byteLength(`${connection.host}/.s.PGSQL.5432`) < 108);
    const settings = await query(
      connection,
      "select name, setting from pg_settings where name in ('fsync', 'listen_addresses', 'server_encoding', 'ssl', 'synchronous_commit') order by name",
    );
    assert.deepEqual(
      settings.map((row) => Object.values(row as object).join("=")),
      ["fsync=on", "listen_addresses=", "server_encoding=UTF8", "ssl=off", "synchronous_commit=on"],
    );
    const wrong = { ...connection, password: new Secret("wrong") };
    await assert.rejects(query(wrong, "select 1"), {
      code: "db_invalid_password",
      retry: "permanent",
    });
  });

  test("that is killed is reported, and has every committed row after the next start", async () => {
    const embedded = await start(dataDir);
    await query(embedded.connection, "insert into kept values (2)");
    process.kill(await serverPid(dataDir), "SIGKILL");
    const crash = await embedded.crashed;
    assert.equal(crash.code, "postgres_ended");
    assert.match(crash.message, /SIGKILL/);
    await embedded.stop();
    await using again = await start(dataDir);
    assert.deepEqual(await rows(again.connection), [{ k: 1 }, { k: 2 }]);
  });

  test("ends when the process that started it is killed, and starts again with every committed row", async () => {
    const { child, said } = await otherCore(dataDir);
    assert.ok(said.address !== undefined, said.message);
    await query(said.address, "insert into kept values (3)");
    const pid = await serverPid(dataDir);
    child.kill("SIGKILL");
    await once(child, "exit");
    while (isRunning(pid)) await setImmediate();
    await using again = await start(dataDir);
    assert.deepEqual(await rows(again.connection), [{ k: 1 }, { k: 2 }, { k: 3 }]);
  });

  test("that outlived its core is stopped before a new one starts", async () => {
    const orphan = await start(dataDir);
    await query(orphan.connection, "insert into kept values (4)");
    await rm(join(dataDir, "core.lock"));
    await using again = await start(dataDir);
    await orphan.crashed;
    assert.equal((await rows(again.connection)).length, 4);
  });

  test("serves one core at a time", async () => {
    await using embedded = await start(dataDir);
    const busy = {
      code: "data_dir_busy",
      message: new RegExp(`process ${process.pid}.*${dataDir}`),
    };
    await assert.rejects(start(dataDir), busy);
    const { child, said } = await otherCore(dataDir);
    assert.equal(said.code, "data_dir_busy");
    if (child.exitCode === null) await once(child, "exit");
    assert.equal((await rows(embedded.connection)).length, 4);
  });

  test("that cannot start says why in PostgreSQL's own words, and leaves the folder free", async () => {
    const file = join(dataDir, "postgres", "postgresql.conf");
    const good = await readFile(file);
    await appendFile(file, "no_such_setting = 1\n");
    await assert.rejects(start(dataDir), { code: "postgres_ended", message: /no_such_setting/ });
    await writeFile(file, good);
    await using embedded = await start(dataDir);
    assert.equal((await rows(embedded.connection)).length, 4);
  });

  test("of another major version is left alone, with what to do", async () => {
    const file = join(dataDir, "postgres", "PG_VERSION");
    await writeFile(file, "17\n");
    await assert.rejects(start(dataDir), refusal(/PostgreSQL 17.*PostgreSQL 18.*pg_dump/));
    await writeFile(file, "18\n");
    await using embedded = await start(dataDir);
    assert.equal((await rows(embedded.connection)).length, 4);
  });

  test("that was made just before its core was killed is kept, and before the power went is made anew", async () => {
    const mark = join(dataDir, "postgres.unsynced");
    markUnsynced(mark);
    const kept = await start(dataDir);
    assert.equal((await rows(kept.connection)).length, 4);
    assert.ok(!existsSync(mark));
    await kept.stop();
    await writeFile(mark, "another boot\n");
    await using anew = await start(dataDir);
    await assert.rejects(rows(anew.connection), { code: "db_42p01" });
    assert.ok(!existsSync(mark));
  });
});

function refusal(message: RegExp): (thrown: unknown) => boolean {
  return (thrown) =>
    thrown instanceof ConfigError &&
    thrown.setting === "--data-dir" &&
    message.test(thrown.message);
}

test("a start that is aborted leaves no server and a folder that can be started", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), "serviceradar-embedded-"));
  t.after(() => removeFolder(dataDir));
  const abort = new AbortController();
  const started = start(dataDir, { signal: abort.signal });
  abort.abort(new Error("stopping"));
  await assert.rejects(started, /stopping/);
  assert.ok(!existsSync(join(dataDir, "core.lock")));
  assert.ok(!existsSync(join(dataDir, "postgres")));
});
