import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { lockFolder, type FolderLock } from "../../src/db/folder-lock.ts";
import { messageOf, SyncError } from "../../src/lib/errors.ts";

/**
 * Where executables are put together. Always the same folder, because its name becomes part of them: so any checkout gives the same
 * bytes.
 */
const DIR = "/var/tmp/serviceradar-package";
/** How long one build waits for another, ms: all targets take four minutes on two busy cores. */
const WAIT_MAX_MS = 600_000;
const LOOK_MS = 200;
/** What another build's taking and leaving looks like: made between our steps, gone between them, or another user's. */
const PASSING: ReadonlySet<string | undefined> = new Set(["EEXIST", "ENOENT", "EACCES", "EPERM"]);

/** The staging folder while it is ours. Disposing of it removes it. */
export interface Staging extends Disposable {
  readonly dir: string;
}

/** Takes the empty staging folder, after any other build on this machine. Throws where that takes too long, as it does when another user left one. */
export async function takeStaging(): Promise<Staging> {
  const untilMs = performance.now() + WAIT_MAX_MS;
  for (;;) {
    const taken = await attempt();
    if (typeof taken !== "string") return taken;
    if (performance.now() > untilMs) throw new Error(`${DIR} is in use for too long: ${taken}`);
    await sleep(LOOK_MS);
  }
}

/** The folder, or why it is not to be had now. */
async function attempt(): Promise<Staging | string> {
  try {
    mkdirSync(DIR, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(DIR);
    const stat = lstatSync(DIR);
    // Anybody may make a folder of that name, and what lies in another's would end up in what we ship.
    if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
      lock.release();
      return `it belongs to uid ${stat.uid} or is open to others`;
    }
    empty();
    return { dir: DIR, [Symbol.dispose]: () => leave(lock) };
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (PASSING.has(code) || thrown instanceof SyncError) return messageOf(thrown);
    throw thrown;
  }
}

/** What a build that was killed has left. */
function empty(): void {
  for (const name of readdirSync(DIR).filter((each) => !each.startsWith("core."))) {
    rmSync(join(DIR, name), { recursive: true, force: true });
  }
}

/** Moved away with its lock first: a waiting build finds no folder then, not one that is going. */
function leave(lock: FolderLock): void {
  const aside = `${DIR}.${process.pid}`;
  renameSync(DIR, aside);
  rmSync(aside, { recursive: true, force: true });
  lock.release();
}
