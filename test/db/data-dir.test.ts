import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { openDataDir, STATE_DIR, type DataDir } from "../../src/db/data-dir.ts";
import { startEmbedded } from "../../src/db/embedded.ts";
import { mayEnter, parsePasswd, serviceUser } from "../../src/db/os-user.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { removeFolder } from "../support/remove-folder.ts";

const log = silentLog();
const isRoot = process.getuid?.() === 0;
/** For tests that must change owners, or meet a folder that even its path is closed to. */
const NEEDS_ROOT = "needs root, as in .ci/run";

function folder(t: TestContext, mode = 0o755): string {
  const dir = mkdtempSync(join(tmpdir(), "serviceradar-data-dir-"));
  chmodSync(dir, mode);
  t.after(() => removeFolder(dir));
  return dir;
}

const open = (dir: string, explicit = true): DataDir => openDataDir({ dir, explicit, log });
const modeOf = (path: string): number => statSync(path).mode & 0o777;

function refuses(dir: string, message: RegExp): void {
  assert.throws(
    () => open(dir),
    (thrown) =>
      thrown instanceof ConfigError &&
      thrown.setting === "--data-dir" &&
      message.test(thrown.message),
  );
}

test("a new folder is made with its parents, open no wider than the service user needs", (t) => {
  const path = join(folder(t), "a", "b");
  assert.equal(open(path).path, path);
  assert.equal(modeOf(path), isRoot ? 0o711 : 0o700);
  assert.deepEqual(readdirSync(path), ["serviceradar-data.txt"]);
  open(path);
});

test("an empty folder of our own is taken, as a fresh volume with lost+found is", (t) => {
  const path = folder(t, 0o700);
  mkdirSync(join(path, "lost+found"));
  open(path);
  assert.equal(modeOf(path), isRoot ? 0o711 : 0o700);
});

test("a folder with foreign files is refused and left as it is", (t) => {
  const path = folder(t, 0o750);
  writeFileSync(join(path, "thesis.tex"), "mine");
  refuses(path, isRoot ? /closed|not ours/ : /not ours/);
  assert.equal(modeOf(path), 0o750);
  assert.deepEqual(readdirSync(path), ["thesis.tex"]);
  chmodSync(path, 0o755);
  refuses(path, /thesis|not ours/);
});

test("a file is no folder, and has none below it", (t) => {
  const file = join(folder(t), "file");
  writeFileSync(file, "");
  refuses(file, /is not a folder/);
  refuses(join(file, "below", "it"), new RegExp(`${file} is not a folder`));
});

test("a folder that cannot be written is refused", (t) => {
  if (isRoot) return t.skip("root may write everywhere");
  refuses("/usr/serviceradar-test", /EACCES/);
});

test("as root an explicit folder behind a closed one stops the start and names the closed one", (t) => {
  if (!isRoot) return t.skip(NEEDS_ROOT);
  const closed = folder(t, 0o700);
  mkdirSync(join(closed, "mid"), { mode: 0o755 });
  refuses(join(closed, "mid", "core"), new RegExp(`^--data-dir: ${closed} is closed to the user`));
  assert.equal(modeOf(closed), 0o700);
  assert.deepEqual(readdirSync(join(closed, "mid")), []);
});

test("as root a default folder behind a closed one moves, says so, and is found again", async (t) => {
  if (!isRoot) return t.skip(NEEDS_ROOT);
  const closed = folder(t, 0o700);
  const dir = join(closed, "core");
  const said: unknown[] = [];
  const telling = Object.assign(Object.create(log) as typeof log, {
    warn: (fields: unknown) => said.push(fields),
  });
  const moved = openDataDir({ dir, explicit: false, log: telling });
  t.after(() => removeFolder(moved.path));
  assert.match(moved.path, new RegExp(`^${STATE_DIR}/[0-9a-f]{8}$`));
  assert.deepEqual(said, [{ wanted: dir, data_dir: moved.path, closed }]);
  assert.equal(open(dir, false).path, moved.path);
  assert.equal(modeOf(closed), 0o700);
  assert.ok(!existsSync(dir));
  await using embedded = await startEmbedded({
    dataDir: dir,
    explicitDataDir: false,
    log,
    sharedBuffersBytes: 32 * 1024 ** 2,
    unsafeNoFsync: true,
  });
  assert.equal(embedded.dataDir, moved.path);
});

test("as root the owner of an existing cluster runs it, whoever that is", (t) => {
  if (!isRoot) return t.skip(NEEDS_ROOT);
  const path = folder(t);
  const { clusterDir } = open(path);
  mkdirSync(clusterDir);
  chownSync(clusterDir, 1, 1);
  assert.equal(serviceUser(clusterDir)?.uid, 1);
  chownSync(clusterDir, 54321, 54321);
  assert.deepEqual(serviceUser(clusterDir), { name: "uid 54321", uid: 54321, gid: 54321 });
});

test("an ordinary user runs the database as itself", (t) => {
  if (isRoot) return t.skip("is for an ordinary user, as in npm test");
  assert.equal(open(folder(t)).user, undefined);
});

test("passwd lines are read as they are, and broken ones are passed over", () => {
  assert.deepEqual(
    parsePasswd("root:x:0:0::/root:/bin/sh\n\n#x\nbad:x:y:z\nsr:x:12:34::/:/sbin/nologin"),
    [
      { name: "root", uid: 0, gid: 0 },
      { name: "sr", uid: 12, gid: 34 },
    ],
  );
});

test("who may enter a folder is said by the bits of the first class that fits", () => {
  const user = { name: "u", uid: 5, gid: 6 };
  const may = (mode: number, uid: number, gid: number): boolean =>
    mayEnter({ mode, uid, gid }, user);
  assert.ok(may(0o700, 5, 0));
  assert.ok(!may(0o077, 5, 6));
  assert.ok(may(0o710, 0, 6));
  assert.ok(!may(0o701, 0, 6));
  assert.ok(may(0o701, 0, 0));
  assert.ok(!may(0o770, 0, 0));
});
