import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { newUuid } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import { bootId } from "./boot.ts";

/** A held lock; `release` may be called again. */
export interface FolderLock {
  release(): void;
}

const NAME = "core.lock";

/**
 * Takes the data folder for this process. Throws SyncError `data_dir_busy` while another living process
 * holds it; what a killed one left is taken over. Node has no flock, so the file says who holds it: process
 * id, start tick and boot id, which together no later process has.
 */
export function lockFolder(dir: string): FolderLock {
  const path = join(dir, NAME);
  const mine = `${process.pid} ${startTick(process.pid)} ${bootId()} ${newUuid()}\n`;
  const draft = `${path}.${newUuid()}`;
  writeFileSync(draft, mine, { mode: 0o644 });
  try {
    while (!placed(draft, path)) removeStale(path, dir);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (read(path) === mine) rmSync(path, { force: true });
    },
  };
}

/** `link` creates the lock with its text in one step, or fails because there is one. */
function placed(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw thrown;
  }
}

/**
 * Takes a dead process's lock away, by renaming: a second starter that read the same stale text may by then
 * meet the first one's fresh lock, sees so from its text and puts it back.
 */
function removeStale(path: string, dir: string): void {
  const seen = read(path);
  if (seen === undefined) return;
  if (isHeld(seen)) throw busy(seen, dir);
  const aside = `${path}.${newUuid()}`;
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return;
    throw thrown;
  }
  if (read(aside) !== seen) placed(aside, path);
  rmSync(aside, { force: true });
}

function busy(text: string, dir: string): SyncError {
  const pid = text.split(" ")[0];
  return new SyncError(
    "data_dir_busy",
    `another serviceradar-core (process ${pid}) uses the data folder ${dir}`,
    { retry: "permanent" },
  );
}

function isHeld(text: string): boolean {
  const [pid, tick, boot] = text.split(" ");
  return boot === bootId() && tick !== undefined && tick === startTick(Number(pid));
}

/**
 * When the process started, or undefined if there is none: field 22 of /proc/PID/stat (proc_pid_stat(5)), counted after
 * the command name, which may hold spaces. A killed process that its parent has not fetched yet (Z) holds nothing.
 */
function startTick(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return fields[0] === "Z" ? undefined : fields[19];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
