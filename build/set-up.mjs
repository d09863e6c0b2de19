/* oxlint-disable typescript/no-unsafe-member-access, typescript/no-unsafe-return, typescript/no-unsafe-argument -- .mjs files are no part of the TypeScript project, so no types are seen */
import { createHash, randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync } from "node:fs";
import { realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { fail, runProgram } from "./run-program.mjs";

/** The checkout. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** What npm installs into. */
export const MODULES = join(ROOT, "node_modules");

/** Inside node_modules, which npm ci empties first: a set-up that was cut off leaves no mark. */
const DONE = join(MODULES, ".serviceradar-lock");
const LOCK = join(ROOT, ".cache", "setup.lock");
/** How often one that waits for another's set-up looks, ms. */
const LOOK_MS = 200;

/** Runs npm ci unless node_modules was made from this very package-lock.json, on this platform. One at a time. */
export async function setUp() {
  if (isDone()) return;
  await takeLock();
  try {
    if (!isDone()) await install();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

function isDone() {
  return read(DONE) === mark();
}

function mark() {
  const sha256 = createHash("sha256").update(readFileSync(join(ROOT, "package-lock.json")));
  return `${sha256.digest("hex")} ${process.platform}-${process.arch}\n`;
}

async function install() {
  process.stderr.write("setting up: npm ci (only after a change of the lockfile, about 15 s)\n");
  const output = [];
  const [command, ...before] = npm();
  const args = [...before, "ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  // A NODE_ENV or npm setting of the caller's must not leave the tools or the platform's own packages out.
  args.push("--include=dev", "--include=optional");
  const code = await runProgram(command, args, {
    cwd: ROOT,
    shell: process.platform === "win32" && command === "npm",
    stdio: ["ignore", "pipe", "pipe"],
    onOutput: (part) => output.push(part),
  });
  if (code !== 0) {
    process.stderr.write(Buffer.concat(output));
    rmSync(LOCK, { force: true });
    fail(`npm ci ended with ${code} in ${ROOT}; it needs the npm registry`);
  }
  writeFileSync(DONE, mark());
}

/** The npm that runs us, else the one in PATH. */
function npm() {
  const running = process.env.npm_execpath ?? "";
  const isNpm = basename(running) === "npm-cli.js" && existsSync(running);
  return isNpm ? [process.execPath, running] : ["npm"];
}

/** The lock's text is its holder's process id. */
async function takeLock() {
  const draft = `${LOCK}.${randomUUID()}`;
  try {
    mkdirSync(dirname(LOCK), { recursive: true });
    writeFileSync(draft, String(process.pid));
  } catch (error) {
    fail(`this checkout must be set up and cannot be written: ${error.message}`);
  }
  for (let look = 0; !placed(draft); look += 1) {
    const holder = read(LOCK);
    if (holder === undefined) continue;
    if (!isRunning(Number(holder))) {
      removeStale(holder);
      continue;
    }
    if (look === 0) process.stderr.write(`waiting for the set-up by process ${holder}\n`);
    await sleep(LOOK_MS);
  }
  rmSync(draft);
}

/** `link` makes the lock with its text in one step, or fails because there is one. */
function placed(draft) {
  try {
    linkSync(draft, LOCK);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** By renaming: another may have replaced the stale lock meanwhile, which its text shows; then it is put back. */
function removeStale(seen) {
  const aside = `${LOCK}.${randomUUID()}`;
  try {
    renameSync(LOCK, aside);
  } catch {
    return;
  }
  if (read(aside) !== seen) placed(aside);
  rmSync(aside);
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

// `node build/set-up.mjs`, for scripts whose programs start from node_modules themselves.
if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await setUp();
