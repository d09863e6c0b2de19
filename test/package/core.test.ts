/** The core as a single executable, with PostgreSQL inside. Its whole life is tried in test/e2e, which .ci/run runs with it too. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { structureProblems } from "../../build/package/structure.ts";
import { TARGETS } from "../../build/package/targets.ts";
import { executable, lures, printed, skipWithout } from "../support/executables.ts";
import { removeFolder } from "../support/remove-folder.ts";

const skip = skipWithout("core");

test("the core says which PostgreSQL it carries, and the licences of that", { skip }, async () => {
  const core = await executable("core");
  assert.deepEqual(structureProblems(await readFile(core), TARGETS[0]!), []);
  const facts = JSON.parse(await printed(core, ["version", "--json"])) as Record<string, string>;
  assert.match(facts["postgresql"] ?? "", /^18\.\d+$/);
  const notice = await printed(core, ["licenses"]);
  for (const name of [
    "PostgreSQL 18.",
    "ICU 60.",
    "OpenSSL 1.1.1",
    "libxml2 2.9.4",
    "zlib 1.2.11",
    // Of the web page.
    "react 19.",
    "react-dom 19.",
    "@tanstack/react-router ",
  ]) {
    assert.ok(notice.includes(`\n${name}`), name);
  }
});

test("NODE_OPTIONS cannot put code into the core", { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "core-executable-"));
  t.after(() => removeFolder(dir));
  const code = join(dir, "code.cjs");
  await writeFile(code, 'require("node:fs").writeSync(1, "ran\\n");');
  const env = { NODE_OPTIONS: `--require ${code}` };
  assert.equal(await printed(process.execPath, ["-e", "0"], env), "ran\n");
  assert.doesNotMatch(await printed(await executable("core"), ["--help"], env), /ran\n/);
});

/** Serves until it is up, tries to open its debugger and ends it. */
async function served(core: string, where: readonly string[], env: NodeJS.ProcessEnv) {
  const doors = ["--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"];
  const child = spawn(core, ["serve", ...where, ...doors], { env });
  try {
    const ended = once(child, "close");
    const said: string[] = [];
    createInterface({ input: child.stderr }).on("line", (each) => said.push(each));
    let signals = "";
    for await (const each of createInterface({ input: child.stdout })) {
      if (!each.includes("is up") || !child.kill("SIGUSR1")) continue;
      signals = await readFile(`/proc/${child.pid}/status`, "utf8");
      child.kill("SIGTERM");
    }
    return { ended: await ended, said: said.join("\n"), signals };
  } finally {
    child.kill("SIGKILL");
  }
}

const { SIGUSR1, SIGTERM } = constants.signals;

/** Whether a process of this /proc/PID/status listens for a signal. */
function listensFor(status: string, signal: number): boolean {
  const mask = BigInt(`0x${/^SigCgt:\s*(\w+)$/m.exec(status)?.[1] ?? ""}`);
  return (mask & (1n << BigInt(signal - 1))) !== 0n;
}

test(
  "it makes its database from what it carries, with nothing beside it, and serves it; SIGUSR1 opens no debugger, SIGTERM ends it",
  { skip },
  async (t) => {
    const dir = await mkdtemp(join(tmpdir(), "core-executable-"));
    t.after(() => removeFolder(dir));
    await chmod(dir, 0o711);
    const core = await executable("core");
    const where = ["--data-dir", join(dir, "core")];
    const lure = lures(dir);
    await printed(process.execPath, ["-e", 'require("pg-native")'], lure.env);
    assert.ok(lure.taken());
    const env = { HOME: dir, XDG_CACHE_HOME: join(dir, "cache"), ...lure.env };
    const first = await printed(core, ["migrate", ...where], env);
    assert.match(first, /^The schema is that of serviceradar-core/);
    assert.equal(await printed(core, ["migrate", ...where], env), first);
    assert.match(await printed(core, ["tenant", "create", "acme", ...where], env), /acme/);
    const { ended, said, signals } = await served(core, where, env);
    assert.deepEqual(ended, [0, null]);
    // Node listens for it from its start where it would open one.
    assert.deepEqual([listensFor(signals, SIGUSR1), listensFor(signals, SIGTERM)], [false, true]);
    assert.doesNotMatch(said, /debugger/i);
    assert.ok(!lure.taken(), "it loads nothing that lies on the disk");
  },
);

test("a release with another build of PostgreSQL 18 keeps the data", { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "core-executable-"));
  t.after(() => removeFolder(dir));
  await chmod(dir, 0o711);
  const where = ["--data-dir", join(dir, "core")];
  const env = { HOME: dir, XDG_CACHE_HOME: join(dir, "cache") };
  // A checkout's programs are the npm package's, the executable's are not the same bytes.
  const before = fileURLToPath(new URL("../../src/bin/core.ts", import.meta.url));
  await printed(process.execPath, [before, "tenant", "create", "acme", ...where], env);
  assert.match(
    await printed(await executable("core"), ["tenant", "list", ...where], env),
    /^acme /m,
  );
});
