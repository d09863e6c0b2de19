import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";

import type { Clock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";

/** How often to look whether it has gone, ms, and how many looks before each stronger signal (60 s, 10 s). */
const LOOK_MS = 50;
const FAST_STOP_LOOKS = 1_200;
const IMMEDIATE_STOP_LOOKS = 200;

type Options = {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Stops the server that a killed core left running in this cluster. Call it with the folder's lock held, so
 * that no living core owns it. It is stopped and not adopted: it may run another release's programs or
 * settings, is not our child, so its end would go unseen, and a fast stop costs one checkpoint. A stale
 * postmaster.pid alone is no matter, PostgreSQL removes it itself.
 */
export async function stopOrphan(clusterDir: string, options: Options): Promise<void> {
  const pid = postmasterOf(clusterDir);
  if (pid === undefined) return;
  options.log.warn({ pid, cluster: clusterDir }, "stopping the postgres that a killed core left");
  const wait = { ...options, clusterDir };
  if (await stopped(pid, "SIGINT", { ...wait, looks: FAST_STOP_LOOKS })) return;
  if (await stopped(pid, "SIGQUIT", { ...wait, looks: IMMEDIATE_STOP_LOOKS })) return;
  throw new SyncError(
    "postgres_orphan",
    `process ${pid} of a former core still runs in ${clusterDir}; end it`,
    {
      retry: "permanent",
    },
  );
}

type Wait = Options & { readonly looks: number; readonly clusterDir: string };

async function stopped(pid: number, signal: NodeJS.Signals, wait: Wait): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
  for (let look = 0; look < wait.looks; look += 1) {
    if (postmasterOf(wait.clusterDir) !== pid) return true;
    await wait.clock.sleep(LOOK_MS, { signal: wait.signal });
  }
  return false;
}

/** The living process of postmaster.pid whose working folder is the cluster; a number that was reused has another. */
function postmasterOf(clusterDir: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(clusterDir, "postmaster.pid"), "utf8"), 10);
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(clusterDir) ? pid : undefined;
  } catch {
    return undefined;
  }
}
