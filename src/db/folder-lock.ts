import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { newUuid } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import { bootId } from "./boot.ts";
import { giveSign, isSignSeen, removeSign } from "./life-sign.ts";

/** A held lock; `release` may be called again. */
export interface FolderLock {
  release(): void;
}

const NAME = "core.lock";

/**
 * Takes the data folder for this process. Throws SyncError `data_dir_busy` while another living process
 * holds it; what a killed one left is taken over. Node has no flock, so the file says who holds it: process
 * id, start tick, boot id and PID namespace, which together no later process has, and the id of a sign of life for who is
 * in another namespace, such as a second container on the volume. Another machine's is not seen.
 */
export async function lockFolder(dir: string): Promise<FolderLock> {
  const path = join(dir, NAME);
  const id = newUuid();
  const mine = [process.pid, startTick(process.pid), bootId(), pidNamespace(), id].join(" ") + "\n";
  const draft = `${path}.${newUuid()}`;
  const sign = await giveSign(dir, id);
  try {
    writeFileSync(draft, mine, { mode: 0o644 });
    while (!placed(draft, path)) await removeStale(path, dir);
  } catch (thrown) {
    sign.end();
    throw thrown;
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (read(path) === mine) rmSync(path, { force: true });
      sign.end();
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
async function removeStale(path: string, dir: string): Promise<void> {
  const seen = read(path);
  if (seen === undefined) return;
  const held = parse(seen);
  if (held !== undefined && (await isHeld(dir, held))) throw busy(held, dir);
  const aside = `${path}.${newUuid()}`;
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return;
    throw thrown;
  }
  if (read(aside) !== seen) placed(aside, path);
  else if (held !== undefined) removeSign(dir, held.id);
  rmSync(aside, { force: true });
}

/** Who holds a folder, as its file says. */
type Holder = {
  readonly pid: string;
  readonly tick: string;
  readonly boot: string;
  readonly namespace: string;
  readonly id: string;
};

const HOLDER =
  /^(?<pid>\d+) (?<tick>\d+) (?<boot>\S+) (?<namespace>\S*) (?<id>[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\n$/;

function parse(text: string): Holder | undefined {
  return HOLDER.exec(text)?.groups as Holder | undefined;
}

function busy({ pid, namespace }: Holder, dir: string): SyncError {
  const who =
    namespace === pidNamespace() ? `process ${pid}` : `process ${pid} of another container`;
  return new SyncError(
    "data_dir_busy",
    `another serviceradar-core (${who}) uses the data folder ${dir}`,
    { retry: "permanent" },
  );
}

async function isHeld(dir: string, { pid, tick, boot, namespace, id }: Holder): Promise<boolean> {
  if (boot !== bootId()) return false;
  if (namespace === pidNamespace()) return tick === startTick(Number(pid));
  return await isSignSeen(dir, id);
}

/** Names the namespace that our process numbers are of (pid_namespaces(7)); "" where the system does not say. */
function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
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
