/** An embedded database that a test kills with all its processes, and that the product's own start brings back. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";

import { startEmbedded, type Embedded } from "../../src/db/embedded.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { silentLog } from "../../src/lib/log.ts";
import { quickFolder } from "./database-server.ts";
import { removeFolder } from "./remove-folder.ts";

const log = silentLog();

/** A server that may die. */
export interface MortalServer extends AsyncDisposable {
  /** The data folder. */
  readonly dataDir: string;
  /** Another database of it, empty, with a pool that outlives the server's deaths. */
  readonly database: (name: string) => Promise<{ readonly db: Db; readonly url: string }>;
  /** Kills it and its children with SIGKILL; of a dead one nothing more. */
  readonly kill: () => void;
  /** Starts it again where it is dead, as the next core does. */
  readonly revive: () => Promise<void>;
  /** How often it died. */
  readonly deaths: () => number;
}

/** Starts one with durable settings: what is committed must outlive it. */
export async function startMortal(): Promise<MortalServer> {
  const dataDir = await mkdtemp(join(await quickFolder(), "serviceradar-mortal-"));
  let embedded = await start(dataDir);
  let isDead = false;
  let deaths = 0;
  const { connection } = embedded;
  const pools: Db[] = [];
  const revive = async (): Promise<void> => {
    if (!isDead) return;
    await embedded.crashed;
    await embedded.stop();
    embedded = await start(dataDir);
    isDead = false;
  };
  return {
    dataDir,
    database: async (name) => {
      await using admin = openPool({ address: connection, max: 1, applicationName: "test", log });
      await admin.query(`create database ${name} template template0`);
      const { user, password, host } = connection;
      const url = `postgresql://${user}:${password.reveal()}@${encodeURIComponent(host)}/${name}`;
      const db = openPool({ address: { url }, max: 2, applicationName: "test", log });
      pools.push(db);
      return { db, url };
    },
    kill: () => {
      if (isDead) return;
      isDead = true;
      deaths += 1;
      killAll(embedded.dataDir);
    },
    revive,
    deaths: () => deaths,
    [Symbol.asyncDispose]: async () => {
      for (const pool of pools) await pool.end();
      await embedded.stop();
      await removeFolder(embedded.dataDir);
      await removeFolder(dataDir);
    },
  };
}

function start(dataDir: string): Promise<Embedded> {
  const sharedBuffersBytes = 32 * 1024 ** 2;
  return startEmbedded({ dataDir, explicitDataDir: false, log, sharedBuffersBytes });
}

/** Stopped first, so that it has no child that is not seen. */
function killAll(dataDir: string): void {
  const file = join(dataDir, "postgres", "postmaster.pid");
  const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
  process.kill(pid, "SIGSTOP");
  const children = childrenOf(pid);
  for (const each of [pid, ...children]) endNow(each);
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (thrown) {
    // A child that had ended by itself.
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

/** The second field behind the name, which stands in parentheses and may hold anything (proc(5)). */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
