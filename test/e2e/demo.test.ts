/** What a newcomer runs first: the demo comes to its end, and to any other end that is asked of it, and leaves nothing behind. */
import assert from "node:assert/strict";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";

import { ROOT } from "../../build/process/command-of.ts";
import { spawnTied } from "../../build/process/spawn-tied.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { E2E_MAX_MS } from "./installation.ts";

const DEVICES = 120;

/** A demo of few devices, whose temporary files lie in a folder of their own. */
async function startDemo(
  t: TestContext,
  ...flags: readonly string[]
): Promise<{ readonly demo: ChildProcessWithoutNullStreams; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "demo-"));
  t.after(() => removeFolder(folder));
  // As root the database runs as another user, who must be able to pass through.
  await chmod(folder, 0o711);
  const args = ["build/demo/demo.ts", "--devices", String(DEVICES), ...flags];
  const env = { ...process.env, TMPDIR: folder };
  const demo = spawnTied(args, { cwd: ROOT, env });
  demo.stderr.pipe(process.stderr);
  t.after(() => demo.kill("SIGKILL"));
  return { demo, folder };
}

/** Command lines of processes that name the folder. */
async function running(folder: string): Promise<readonly string[]> {
  const numbers = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    numbers.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return lines.filter((line) => line.includes(folder));
}

const skip = process.platform === "linux" ? false : "the embedded database is for Linux";

test(
  "npm run demo -- --once tells what it did and ends well",
  { skip, timeout: E2E_MAX_MS },
  async (t) => {
    const { demo, folder } = await startDemo(t, "--once");
    const [said, [code]] = await Promise.all([
      text(demo.stdout),
      once(demo, "close") as Promise<[number | null]>,
    ]);
    assert.equal(code, 0, said);
    assert.match(said, /acme\/armis_prod: success, 120 devices/);
    // Half of the Armis is recorded from the NetBox, and of the plant one machine ends at a device of it.
    assert.match(
      said,
      /^acme: \d+ devices of \d+ source records, 61 merged into another source's device$/m,
    );
    assert.match(
      said,
      /^ {2}waits for a decision: 1 publication held, 1 retraction held, \d+ pairs held apart, \d+ doubtful values, 1 flapping record, \d+ flapping values, 1 crowded device$/m,
    );
    assert.match(said, /^ {2}armis_prod +120 devices$/m);
    assert.match(said, /^globex: [\d,]+ devices of/m);
    assert.match(said, /^[\d,]+ records from source to inventory in [\d.]+ s: [\d,]+\/s$/m);
    assert.match(said, /^acme-agent: [\d.]+ MB of memory at its peak$/m);
    assert.deepEqual(await readdir(folder), []);
    assert.deepEqual(await running(folder), []);
  },
);

test(
  "Ctrl-C in the middle of the sync stops the demo in order",
  { skip, timeout: E2E_MAX_MS },
  async (t) => {
    const { demo, folder } = await startDemo(t);
    const ended = once(demo, "close") as Promise<[number | null]>;
    for await (const line of createInterface({ input: demo.stdout })) {
      if (line.includes("waiting for its agent")) demo.kill("SIGINT");
    }
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(await readdir(folder), []);
    assert.deepEqual(await running(folder), []);
  },
);
