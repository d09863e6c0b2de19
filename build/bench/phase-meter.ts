/** What a core and its database spend while something is done: the difference of two readings. */
import { readFile, writeFile } from "node:fs/promises";

import type { Session } from "../../src/db/session.ts";
import type { Program } from "../process/program.ts";
import { processCpu, readCluster } from "./cluster-meter.ts";
import { added, rounded } from "./section.ts";

/** The figures of one phase. */
export interface Phase {
  readonly updates: number;
  readonly seconds: number;
  readonly updates_per_second: number;
  readonly wal_bytes: number;
  /** Absent where the server runs elsewhere. */
  readonly postgres_cpu_seconds: number | undefined;
  readonly core_cpu_seconds: number | undefined;
  /** The core's peak within the phase. */
  readonly core_rss_bytes: number | undefined;
  /** How late the event loop that serves gRPC and HTTP was, ms. */
  readonly loop_delay_ms: unknown;
  /** Wall time by the core's own log. */
  readonly ingest_seconds: number;
  readonly publish_seconds: number;
}

/** Measures `work`, which gives the number of updates. What was done before is flushed and cleaned up first, as it would be in time. */
export async function measurePhase(
  { core, session }: { readonly core: Program; readonly session: Session },
  work: () => Promise<number>,
): Promise<Phase> {
  await session.query("vacuum (analyze)");
  await session.query("checkpoint");
  await forgetPeak(core.pid);
  await loopDelay(core);
  const logged = (await readFile(core.logFile)).length;
  const [cluster, cpu] = [await readCluster(session), await processCpu(core.pid)];
  const startedMs = performance.now();
  const updates = await work();
  const seconds = (performance.now() - startedMs) / 1_000;
  const [clusterAfter, cpuAfter] = [await readCluster(session), await processCpu(core.pid)];
  const loop_delay_ms = await loopDelay(core);
  const said = (await readFile(core.logFile)).subarray(logged).toString().split("\n");
  return {
    updates,
    seconds: rounded(seconds),
    updates_per_second: rounded(updates / seconds),
    wal_bytes: clusterAfter.walBytes - cluster.walBytes,
    postgres_cpu_seconds: added(cluster.cpuSeconds, clusterAfter.cpuSeconds),
    core_cpu_seconds: added(cpu, cpuAfter),
    core_rss_bytes: await core.peakMemory(),
    loop_delay_ms,
    ingest_seconds: rounded(secondsSaid(said, "ingested")),
    publish_seconds: rounded(secondsSaid(said, "published")),
  };
}

/** The sum of `ms` over the core's log lines with this message. */
function secondsSaid(lines: readonly string[], message: string): number {
  const all = lines.filter((line) => line.includes(`"msg":"${message}"`));
  return all.reduce((sum, line) => sum + Number(/"ms":(\d+)/.exec(line)?.[1] ?? 0), 0) / 1_000;
}

/** Asks the core's loop-delay.ts; it begins anew then. */
async function loopDelay(core: Program): Promise<unknown> {
  const asked = (asks.get(core) ?? 0) + 1;
  asks.set(core, asked);
  core.signal("SIGUSR2");
  const line = await core.line(`"asked":${asked}}`);
  return (JSON.parse(line) as { readonly loop_delay_ms: unknown }).loop_delay_ms;
}
const asks = new WeakMap<Program, number>();

/** Lets the kernel count the peak of a process's memory anew (proc_pid_clear_refs(5)); where it may not, the peak is that since the start. */
async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, "5").catch(() => undefined);
}
