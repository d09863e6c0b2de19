/**
 * Holds the engine to its floors on a fresh fleet, through the real commands: replay in order, in three other orders, and after a
 * crash. Prints the scores; exits with 1 and names what is missed. Run:
 * node build/start.mjs test/fleet/gate.ts [--seed 1] [--devices 2000] [--days 5] [--profile default] [--shuffles 3]
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { nodeFlags } from "../../build/node-flags.mjs";
import { removeFolder } from "../support/remove-folder.ts";
import { writeFleet } from "./generate.ts";
import { parseProfile } from "./profiles.ts";
import { scoreFiles } from "./score.ts";
import { checkGates, checkOrderGates } from "./scoring/gates.ts";
import { coreTable, modeTable } from "./scoring/table.ts";

/** A replay and its database take turns, so two replays fill two cores. */
const LANES = 2;
const CORE = fileURLToPath(new URL("../../src/bin/core.ts", import.meta.url));

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    devices: { type: "string", default: "2000" },
    days: { type: "string", default: "5" },
    profile: { type: "string", default: "default" },
    shuffles: { type: "string", default: "3" },
  },
});
const profile = parseProfile(values.profile);
if (profile === undefined) throw new Error(`--profile ${values.profile} is none`);
const dir = await mkdtemp(join(tmpdir(), "serviceradar-gate-"));
// PostgreSQL runs as another user where this runs as root.
await chmod(dir, 0o755);
try {
  const { seed, devices, days } = values;
  writeFleet({ seed: Number(seed), devices: Number(devices), days: Number(days), profile }, dir);
  const shuffles = Array.from({ length: Number(values.shuffles) }, (_, i) => String(i + 1));
  await inLanes([
    () => replay("first"),
    ...shuffles.map((shuffle) => () => replay(`shuffle ${shuffle}`, "--shuffle", shuffle)),
    async () => {
      await crash();
      await replay("after a crash", "--data-dir", join(dir, "data"));
    },
  ]);
  const first = scoreFiles(filesOf("first"));
  process.stdout.write(
    `${coreTable([["engine", [first]]])}\n\n${modeTable([["engine", [first]]])}\n\n`,
  );
  const failures = [...checkGates(first, profile)];
  for (const shuffle of shuffles) failures.push(...differences(`shuffle ${shuffle}`));
  failures.push(...differences("after a crash"));
  for (const failure of failures) process.stderr.write(`gate: ${failure}\n`);
  process.stdout.write(`${failures.length === 0 ? "every floor is kept" : "floors are missed"}\n`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  await removeFolder(dir);
}

/** Ends, in good or bad, when all have ended: what they write stands in the folder that is removed then. */
async function inLanes(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...tasks];
  const drive = async (): Promise<void> => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) await task();
  };
  const ended = await Promise.allSettled(Array.from({ length: LANES }, drive));
  for (const lane of ended) if (lane.status === "rejected") throw lane.reason;
}

function filesOf(name: string): { truth: string; assign: string; aliases: string } {
  const truth = join(dir, "truth.jsonl");
  return { truth, assign: join(dir, `${name}.jsonl`), aliases: join(dir, `${name}.aliases.jsonl`) };
}

function start(name: string, ...more: readonly string[]): ChildProcess {
  const { assign, aliases } = filesOf(name);
  const input = ["--in", join(dir, "updates.jsonl"), "--batches", join(dir, "batches.json")];
  const output = ["--out", assign, "--aliases", aliases];
  return spawn(
    process.execPath,
    [...nodeFlags("src/bin/core.ts"), CORE, "replay", ...input, ...output, ...more],
    {
      stdio: ["ignore", "inherit", "pipe"],
    },
  );
}

async function replay(name: string, ...more: readonly string[]): Promise<void> {
  const began = performance.now();
  const child = start(name, ...more);
  child.stderr?.pipe(process.stderr);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`replay "${name}" ended with ${code}`);
  process.stdout.write(`${name}: ${((performance.now() - began) / 1_000).toFixed(1)} s\n`);
}

/** Kills a replay once it says how far it is. What it leaves in its database must not disturb the next one. */
async function crash(): Promise<void> {
  const child = start("crashed", "--data-dir", join(dir, "data"));
  const told = once(child.stderr ?? child, "data");
  await Promise.race([told, once(child, "exit")]);
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function differences(name: string): readonly string[] {
  const { order } = scoreFiles({ ...filesOf("first"), compare: filesOf(name).assign });
  return order === undefined ? [] : checkOrderGates(order).map((failure) => `${name}: ${failure}`);
}
