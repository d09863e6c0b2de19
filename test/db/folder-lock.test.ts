import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, readlink, writeFile } from "node:fs/promises";
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
  const lock = await lockFolder(dir);
  await assert.rejects(lockFolder(dir), {
    code: "data_dir_busy",
    message: new RegExp(`\\(process ${process.pid}\\)`),
  });
  lock.release();
  lock.release();
  const next = await lockFolder(dir);
  lock.release();
  await assert.rejects(lockFolder(dir), { code: "data_dir_busy" });
  next.release();
  assert.deepEqual(await readdir(dir), []);
});

test("of many that start at once one gets the folder", async (t) => {
  const dir = await folder(t);
  await writeFile(
    join(dir, "core.lock"),
    "1 1 gone pid:[1] 00000000-0000-4000-8000-000000000000\n",
  );
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(dir)));
  const got = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  assert.equal(got.length, 1);
  got[0]?.release();
  assert.deepEqual(await readdir(dir), []);
});

test("what a dead process holds is taken over, also when its number lives on in another", async (t) => {
  const dir = await folder(t);
  const file = join(dir, "core.lock");
  let last = await lockFolder(dir);
  const mine = await readFile(file, "utf8");
  const [, tick, boot, namespace, id] = mine.trim().split(" ");
  const stale = [
    `${process.pid} 1 ${boot} ${namespace} ${id}\n`,
    `${process.pid} ${tick} 00000000-0000-0000-0000-000000000000 ${namespace} ${id}\n`,
    "",
    "not a lock",
    `${process.pid} ${tick} ${boot} ${namespace} ../../elsewhere\n`,
  ];
  for (const text of stale) {
    last.release();
    await writeFile(file, text);
    last = await lockFolder(dir);
    assert.equal((await readFile(file, "utf8")).split(" ")[1], tick);
  }
  last.release();
  assert.deepEqual(await readdir(dir), []);
});

/** Starts a program that holds the folder until it is killed; resolves when it does. */
async function holder(t: TestContext, dir: string, ...around: string[]): Promise<ChildProcess> {
  const script = [
    `import { lockFolder } from ${JSON.stringify(new URL("../../src/db/folder-lock.ts", import.meta.url).href)};`,
    `await lockFolder(${JSON.stringify(dir)});`,
    'console.log("held");',
    "setInterval(() => {}, 60_000);",
  ].join("\n");
  const file = join(await folder(t), "holder.ts");
  await writeFile(file, script);
  const flags = "Deno" in globalThis ? ["run", "-A"] : process.execArgv;
  const [program, ...args] = [...around, process.execPath, ...flags, file];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  assert.match(String(await once(child.stdout, "data")), /held/);
  return child;
}

test("a folder is held against who is in another PID namespace, until its holder is killed", async (t) => {
  const unshare = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const tried = spawnSync(unshare[0] ?? "", [...unshare.slice(1), "true"]);
  if (tried.status !== 0) return t.skip("needs the right to make a PID namespace (unshare --pid)");
  // Deeper than the address of a socket is long.
  const dir = join(await folder(t), "d".repeat(100));
  await mkdir(dir);
  const child = await holder(t, dir, ...unshare);
  await assert.rejects(lockFolder(dir), {
    code: "data_dir_busy",
    message: /\(process \d+ of another container\)/,
  });
  const gone = once(child, "close");
  child.kill("SIGKILL");
  await gone;
  (await lockFolder(dir)).release();
  assert.deepEqual(await readdir(dir), []);
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
  const namespace = await readlink("/proc/self/ns/pid");
  const text = `${zombie} ${tick} ${boot} ${namespace} 00000000-0000-4000-8000-000000000000\n`;
  await writeFile(join(dir, "core.lock"), text);
  (await lockFolder(dir)).release();
});
