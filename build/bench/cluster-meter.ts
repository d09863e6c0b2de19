/** What a PostgreSQL cluster has spent so far: its CPU from /proc, its WAL by its own account. */
import { readdir, readFile } from "node:fs/promises";

import type { Session } from "../../src/db/session.ts";

/** A point in time of a cluster; two of them make a difference. */
export interface ClusterReading {
  /** CPU of all its processes, s; undefined where the server runs on another machine. */
  readonly cpuSeconds: number | undefined;
  readonly walBytes: number;
}

/** Reads it. */
export async function readCluster(session: Session): Promise<ClusterReading> {
  const { rows } = await session.query<{ pid: number; wal: number }>(
    "select pg_backend_pid() as pid, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as wal",
  );
  const [row] = rows;
  const backend = await statOf(row?.pid ?? 0);
  const isHere = backend?.command === "postgres";
  const cpuSeconds = isHere ? await familyCpu(backend.parent) : undefined;
  return { cpuSeconds, walBytes: row?.wal ?? 0 };
}

/** CPU that a process itself has used so far, s; undefined where /proc does not tell. */
export async function processCpu(pid: number): Promise<number | undefined> {
  return (await statOf(pid))?.ownSeconds;
}

/** The postmaster, its living children, and those that it has waited for. */
async function familyCpu(postmaster: number): Promise<number> {
  const head = await statOf(postmaster);
  let seconds = (head?.ownSeconds ?? 0) + (head?.waitedSeconds ?? 0);
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name) ? await statOf(Number(name)) : undefined;
    if (stat?.parent === postmaster) seconds += stat.ownSeconds;
  }
  return seconds;
}

/** Linux counts CPU time in hundredths of a second, whatever its HZ (USER_HZ, time(7)). */
const TICKS_PER_SECOND = 100;

type Stat = {
  readonly command: string;
  readonly parent: number;
  readonly ownSeconds: number;
  readonly waitedSeconds: number;
};

/** Fields 2, 4 and 14 to 17 of /proc/PID/stat (proc_pid_stat(5)); the command may hold spaces and parentheses. */
async function statOf(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const [from, until] = [text.indexOf("("), text.lastIndexOf(")")];
  const fields = text.slice(until + 2).split(" ");
  const seconds = (first: number): number =>
    (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND;
  return {
    command: text.slice(from + 1, until),
    parent: Number(fields[1]),
    ownSeconds: seconds(11),
    waitedSeconds: seconds(13),
  };
}
