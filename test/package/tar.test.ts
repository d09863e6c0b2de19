import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { tarOf, type TarFile } from "../../build/package/tar.ts";
import { unpackTar } from "../../src/db/program-archive.ts";
import { removeFolder } from "../support/remove-folder.ts";

const FILES: readonly TarFile[] = [
  { path: "bin/run", bytes: Buffer.alloc(513, "x"), mode: 0o755 },
  { path: "share/empty", bytes: Buffer.alloc(0), mode: 0o644 },
  { path: "share/ä/block", bytes: Buffer.alloc(512, "y"), mode: 0o600 },
];

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "tar-"));
  t.after(() => removeFolder(dir));
  return dir;
}

test("what is packed is unpacked with its bytes and modes", async (t) => {
  const dir = await folder(t);
  unpackTar(tarOf(FILES, 0), dir);
  for (const { path, bytes, mode } of FILES) {
    assert.ok((await readFile(join(dir, path))).equals(bytes));
    assert.equal((await stat(join(dir, path))).mode & 0o777, mode);
  }
});

test("the system's tar reads the same, and the time that was given", () => {
  const listed = execFileSync("tar", ["-tvf", "-", "--utc", "--full-time"], {
    input: tarOf(FILES, 86_400),
    encoding: "utf8",
  });
  const rows = listed
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/));
  assert.deepEqual(
    rows.map(([mode, owner, size, day, time]) => [mode, owner, size, day, time]),
    [
      ["-rwxr-xr-x", "root/root", "513", "1970-01-02", "00:00:00"],
      ["-rw-r--r--", "root/root", "0", "1970-01-02", "00:00:00"],
      ["-rw-------", "root/root", "512", "1970-01-02", "00:00:00"],
    ],
  );
});

test("a path that leaves the folder, or is too long, is refused", async (t) => {
  const dir = await folder(t);
  const file = { bytes: Buffer.alloc(1), mode: 0o644 };
  for (const path of ["../x", "a/../../x", "/x"]) {
    assert.throws(() => unpackTar(tarOf([{ ...file, path }], 0), dir), /leaves it/);
  }
  assert.throws(() => unpackTar(tarOf([{ ...file, path: "folder/" }], 0), dir), /is no file/);
  assert.throws(() => tarOf([{ ...file, path: "x".repeat(101) }], 0), /longer than 100 bytes/);
});
