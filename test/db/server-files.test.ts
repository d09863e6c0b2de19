import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import type { DataDir } from "../../src/db/data-dir.ts";
import { openToAll } from "../../src/db/folders.ts";
import {
  defaultSharedBuffersBytes,
  serverSettings,
  settingArguments,
} from "../../src/db/postgres-settings.ts";
import { programSource, stagedPrograms, syncPrograms } from "../../src/db/programs.ts";
import { socketDir } from "../../src/db/socket-dir.ts";
import { removeFolder } from "../support/remove-folder.ts";

/** As an ordinary user has it, also when the test runs as root. */
function ownDataDir(t: TestContext): DataDir {
  const path = mkdtempSync(join(tmpdir(), "serviceradar-files-"));
  t.after(() => removeFolder(path));
  return { path, clusterDir: join(path, "postgres"), user: undefined };
}

test("the programs are unpacked once, under the name of their content, and run from there", (t) => {
  const dataDir = ownDataDir(t);
  const env = { XDG_CACHE_HOME: join(dataDir.path, "cache") };
  const programs = stagedPrograms(dataDir, env);
  assert.equal(programs, join(env.XDG_CACHE_HOME, "serviceradar", "pg", programSource().sha256));
  const made = statSync(programs).ctimeMs;
  assert.equal(stagedPrograms(dataDir, env), programs);
  assert.equal(statSync(programs).ctimeMs, made);
  assert.deepEqual(readdirSync(join(programs, "..")), [programSource().sha256]);
  assert.ok(existsSync(join(programs, "lib", "libpq.so.5")));
  const version = execFileSync(join(programs, "bin", "postgres"), ["--version"], {
    encoding: "utf8",
  });
  assert.match(version, /PostgreSQL\) 18\./);
});

test("programs that were not on the disk when the machine stopped are unpacked anew", async (t) => {
  const dataDir = ownDataDir(t);
  const env = { XDG_CACHE_HOME: join(dataDir.path, "cache") };
  const programs = stagedPrograms(dataDir, env);
  const server = join(programs, "bin", "postgres");
  truncateSync(server);
  assert.equal(stagedPrograms(dataDir, env), programs);
  assert.equal(statSync(server).size, 0);
  writeFileSync(join(programs, "unsynced"), "another boot\n");
  assert.equal(stagedPrograms(dataDir, env), programs);
  assert.ok(statSync(server).size > 0);
  assert.deepEqual(readdirSync(join(programs, "..")), [programSource().sha256]);
  await syncPrograms(programs, AbortSignal.timeout(60_000));
  assert.ok(!existsSync(join(programs, "unsynced")));
});

test("where the home folder cannot be written, the programs lie in the data folder", (t) => {
  const dataDir = ownDataDir(t);
  const programs = join(dataDir.path, "pg", programSource().sha256);
  mkdirSync(programs, { recursive: true });
  assert.equal(stagedPrograms(dataDir, { XDG_CACHE_HOME: "/dev/null/home" }), programs);
});

test("a tree that root's umask closed is opened to the service user", (t) => {
  const { path } = ownDataDir(t);
  mkdirSync(join(path, "bin"), { mode: 0o700 });
  writeFileSync(join(path, "bin", "run"), "", { mode: 0o700 });
  writeFileSync(join(path, "read"), "", { mode: 0o600 });
  symlinkSync("nowhere", join(path, "link"));
  openToAll(path);
  const modes = ["", "bin", "bin/run", "read"].map(
    (name) => statSync(join(path, name)).mode & 0o777,
  );
  assert.deepEqual(modes, [0o755, 0o755, 0o755, 0o644]);
});

test("the socket's folder is private, the same for every start, and short", (t) => {
  const dataDir = ownDataDir(t);
  const runtime = join(dataDir.path, "run");
  mkdirSync(runtime, { mode: 0o700 });
  const dir = socketDir(dataDir, { XDG_RUNTIME_DIR: runtime });
  assert.ok(dir.startsWith(`${runtime}/serviceradar-`));
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  assert.equal(socketDir(dataDir, { XDG_RUNTIME_DIR: runtime }), dir);
  assert.notEqual(socketDir({ ...dataDir, path: "/elsewhere" }, { XDG_RUNTIME_DIR: runtime }), dir);
});

test("a runtime folder that is missing, open to others or too long for a socket gives way to the temporary one", (t) => {
  const dataDir = ownDataDir(t);
  const open = join(dataDir.path, "open");
  mkdirSync(open);
  chmodSync(open, 0o755);
  const long = join(dataDir.path, "x".repeat(80));
  mkdirSync(long, { mode: 0o700 });
  for (const XDG_RUNTIME_DIR of [undefined, "", "/does/not/exist", open, long]) {
    const dir = socketDir(dataDir, { XDG_RUNTIME_DIR });
    t.after(() => removeFolder(dir));
    assert.ok(dir.startsWith(tmpdir()), dir);
    assert.equal(statSync(dir).mode & 0o777, 0o700);
  }
});

test("a name in the temporary folder that somebody else made open is not used", (t) => {
  const dataDir = ownDataDir(t);
  const usual = socketDir(dataDir, {});
  chmodSync(usual, 0o777);
  const dir = socketDir(dataDir, {});
  t.after(() => Promise.all([usual, dir].map(removeFolder)));
  assert.notEqual(dir, usual);
  assert.ok(existsSync(dir));
});

test("the page cache is an eighth of the memory and at most 1 GB, and rows are durable unless a test says not", () => {
  const bytes = defaultSharedBuffersBytes();
  assert.ok(
    bytes <= 1024 ** 3 &&
      bytes >= 32 * 1024 ** 2 &&
      bytes <= Math.max(32 * 1024 ** 2, totalmem() / 8),
  );
  const settings = serverSettings({ socketDir: "/run/a,b", sharedBuffersBytes: 65_536 });
  assert.equal(settings["shared_buffers"], "64kB");
  assert.equal(settings["unix_socket_directories"], '"/run/a,b"');
  assert.equal(settings["fsync"], "on");
  assert.equal(serverSettings({ socketDir: "/", unsafeNoFsync: true })["fsync"], "off");
  assert.deepEqual(settingArguments({ ssl: "off" }), ["-c", "ssl=off"]);
});
