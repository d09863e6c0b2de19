import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { lockFolder } from "../../src/db/folder-lock.ts";
import { removeFolder } from "../support/remove-folder.ts";

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "serviceradar-lock-"));
  t.after(() => removeFolder(dir));
  return dir;
}

test("a folder is held by one until it is released", async (t) => {
  const dir = await folder(t);
  const lock = lockFolder(dir);
  assert.throws(() => lockFolder(dir), {
    code: "data_dir_busy",
    message: new RegExp(String(process.pid)),
  });
  lock.release();
  lock.release();
  const next = lockFolder(dir);
  lock.release();
  assert.throws(() => lockFolder(dir), { code: "data_dir_busy" });
  next.release();
  assert.deepEqual(await readdir(dir), []);
});

test("what a dead process holds is taken over, also when its number lives on in another", async (t) => {
  const dir = await folder(t);
  const file = join(dir, "core.lock");
  lockFolder(dir);
  const mine = await readFile(file, "utf8");
  const [, tick, boot] = mine.split(" ");
  const stale = [
    `${process.pid} 1 ${boot} x\n`,
    `${process.pid} ${tick} 00000000-0000-0000-0000-000000000000 x\n`,
    "",
    "not a lock",
  ];
  for (const text of stale) {
    await writeFile(file, text);
    lockFolder(dir);
    assert.equal((await readFile(file, "utf8")).split(" ")[1], tick);
  }
  assert.deepEqual(await readdir(dir), ["core.lock"]);
});

test("a process that was killed but not yet fetched by its parent holds nothing", async (t) => {
  const dir = await folder(t);
  // The shell starts a child that waits for our word, then becomes a program that never fetches dead children.
  const script = "exec 3<&0; (read word <&3) & echo $!; exec sleep 60";
  const parent = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  t.after(() => parent.kill("SIGKILL"));
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const zombie = Number(said.toString());
  while (!(await readFile(`/proc/${parent.pid}/comm`, "utf8")).startsWith("sleep"));
  parent.stdin.end();
  let stat = "";
  while (!stat.includes(") Z ")) stat = await readFile(`/proc/${zombie}/stat`, "utf8");
  const tick = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  await writeFile(join(dir, "core.lock"), `${zombie} ${tick} ${boot} x\n`);
  lockFolder(dir).release();
});
