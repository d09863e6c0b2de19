/**
 * The agent alone: a fake Armis before it, a gateway that keeps nothing behind it, each a process of its own. Its memory at every
 * size, its CPU time, and its speed as a share of what plain grpc-js makes of the same bytes over the same connection.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ARMIS_SECRET } from "../../test/fakes/armis-access.ts";
import { Program } from "../process/program.ts";
import { rounded, type BenchOptions, type Section } from "./section.ts";

/** How often the memory is read while a run goes on, ms. */
const LOOK_MS = 250;
/** Slower than this a size has failed, devices a second; and what a small one may take in any case, ms. */
const RATE_MIN = 100;
const PATIENCE_MS = 60_000;
/** Ticks of a second in /proc (CLK_TCK, which Linux fixes for programs). */
const TICKS = 100;

/** The section. */
export const agent: Section = {
  name: "agent",
  run: async (options) => {
    const sizes: Measured[] = [];
    for (const devices of options.devices) sizes.push(await measure(devices, options));
    const [first] = sizes;
    const last = sizes.at(-1);
    if (first === undefined || last === undefined) return { sizes };
    const growth = rounded(last.peak_rss_bytes / first.peak_rss_bytes);
    return { sizes, rss_growth: { from: first.devices, to: last.devices, factor: growth } };
  },
};

type Ended = {
  readonly outcome: string;
  readonly devices: number;
  readonly ms: number;
  readonly chunks: number;
  readonly bytes: number;
};
type Raw = { readonly bytes: number; readonly seconds: number; readonly cpu_seconds: number };
type Measured = { readonly devices: number; readonly peak_rss_bytes: number };

async function measure(devices: number, { tell, signal }: BenchOptions): Promise<Measured> {
  signal.throwIfAborted();
  tell(`agent: ${devices} devices`);
  const dir = await mkdtemp(join(tmpdir(), "serviceradar-bench-agent-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const start = (name: string, ...args: readonly string[]): Program =>
    stack.use(new Program(name, { args, logFile: join(dir, `${name}.log`) }));
  const armis = start("armis", "test/fakes/armis-server.ts", "--devices", String(devices));
  const { url } = JSON.parse(await armis.line('"url"')) as { url: string };
  const sink = start("sink", "build/bench/sink-gateway.ts", dir, await sourcesOf(dir, url));
  await sink.line('"address"');
  const program = start("agent", "src/bin/agent.ts", "run", "--config", join(dir, "agent.json"));
  const { ended, curve } = await watched({ devices, program, sink, signal });
  const cpuSeconds = await cpuOf(program);
  const peak = await program.peakMemory();
  await program[Symbol.asyncDispose]();
  const size = [String(ended.chunks), String(ended.bytes)];
  const sender = start("raw", "build/bench/raw-stream.ts", dir, ...size);
  const { raw } = JSON.parse(await sender.line('"raw"')) as { raw: Raw };
  return {
    devices,
    peak_rss_bytes: peak ?? 0,
    rss_curve_bytes: curve,
    bytes: ended.bytes,
    seconds: rounded(ended.ms / 1_000),
    devices_per_second: rounded((devices * 1_000) / ended.ms),
    cpu_seconds: rounded(cpuSeconds),
    cpu_ms_per_1000_devices: rounded((cpuSeconds * 1e6) / devices),
    raw_grpc: { seconds: rounded(raw.seconds), cpu_seconds: rounded(raw.cpu_seconds) },
    // The fake makes the pages on the same cores, so the share of time is a floor; that of CPU time is the agent's own.
    speed_relative_to_raw_grpc: rounded(raw.seconds / (ended.ms / 1_000)),
    cpu_relative_to_raw_grpc: rounded(cpuSeconds / raw.cpu_seconds),
  } as Measured;
}

async function sourcesOf(dir: string, endpoint: string): Promise<string> {
  const armis = {
    type: "armis",
    endpoint,
    poll_interval: "24h",
    discovery_interval: "24h",
    sync_service_id: "00000000-0000-4000-8000-000000000001",
    credentials: { secret_key: ARMIS_SECRET },
  };
  const path = join(dir, "sources.json");
  await writeFile(path, JSON.stringify({ agent_id: "agent-01", sources: { armis } }));
  return path;
}

type Watched = Pick<BenchOptions, "signal"> & {
  readonly devices: number;
  readonly program: Program;
  readonly sink: Program;
};

/** Resolves with the end of the run, and how much memory the agent held at tenths of the time. Throws where it did not end well. */
async function watched({ devices, program, sink, signal }: Watched): Promise<{
  readonly ended: Ended;
  readonly curve: readonly number[];
}> {
  const seen: number[] = [];
  const untilMs = performance.now() + PATIENCE_MS + (devices / RATE_MIN) * 1_000;
  for (;;) {
    signal.throwIfAborted();
    if (program.hasEnded) throw new Error(`the agent ended:\n${await program.lastWords()}`);
    if (performance.now() > untilMs) throw new Error(`${devices} devices took too long`);
    const line = sink.printed('"ended"');
    if (line !== undefined) {
      const { ended } = JSON.parse(line) as { ended: Ended };
      const isWhole = ended.outcome === "success" && ended.devices === devices;
      if (!isWhole) throw new Error(`the run ended ${ended.outcome} with ${ended.devices} devices`);
      return { ended, curve: tenths(seen) };
    }
    seen.push(await residentOf(program));
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function tenths(seen: readonly number[]): readonly number[] {
  const every = Math.max(1, seen.length / 10);
  return Array.from(
    { length: Math.min(10, seen.length) },
    (_, nth) => seen[Math.floor(nth * every)] ?? 0,
  );
}

async function residentOf({ pid }: Program): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
}

/** User and system time so far, seconds. */
async function cpuOf({ pid }: Program): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The command may hold blanks; what follows its bracket begins with the third field.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
