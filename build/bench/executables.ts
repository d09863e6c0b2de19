/**
 * Single executables of this host: how large they are, and what starting them costs beside starting Node itself, in the same run. They are
 * built for it; nothing that lies in dist/ is measured.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

import { buildExecutable } from "../package/build-executable.ts";
import { TARGETS, type Component } from "../package/targets.ts";
import { openStage, type Stage } from "../process/stage.ts";
import { rounded, type BenchOptions, type Section } from "./section.ts";

const run = promisify(execFile);
/** So often each is started a number of times, alternating, so that a busy machine is busy for all of them. */
const ROUNDS = 5;
/** The kernel tells a shell's CPU time in ticks of 10 ms, a third of a start: so they are told for ten starts together. */
const STARTS = 10;
const GZIP_LEVEL = 6;

/** The section. */
export const executables: Section = {
  name: "package",
  run: async ({ tell, signal }) => {
    const dir = await mkdtemp(join(tmpdir(), "serviceradar-bench-"));
    try {
      const built = {
        agent: await build("agent", dir, tell),
        core: await build("core", dir, tell),
      };
      signal.throwIfAborted();
      tell("package: starts");
      const starts = await startCosts(built);
      signal.throwIfAborted();
      tell("package: a core and an agent");
      const running = await whileRunning(dir);
      const sizes = { agent: await sizeOf(built.agent), core: await sizeOf(built.core) };
      return { sizes, starts, ...running };
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
};

async function build(
  component: Component,
  dir: string,
  tell: BenchOptions["tell"],
): Promise<string> {
  tell(`package: building the ${component}`);
  const [host] = TARGETS;
  if (host === undefined) throw new Error("there are no targets");
  return (await buildExecutable(component, host, dir)).path;
}

async function sizeOf(path: string): Promise<object> {
  const bytes = await readFile(path);
  return { bytes: bytes.length, gzip_bytes: gzipSync(bytes, { level: GZIP_LEVEL }).length };
}

/** CPU time of starts, ms: a wall clock on a busy machine measures the others. */
async function startCosts(built: Readonly<Record<Component, string>>): Promise<StartCosts> {
  const lines = {
    node: [process.execPath, "-e", "0"],
    agent: [built.agent, "version"],
    core: [built.core, "version"],
    help: [built.agent, "--help"],
    coreHelp: [built.core, "--help"],
  };
  const costs = { node: [], agent: [], core: [], help: [], coreHelp: [] } as Record<
    keyof typeof lines,
    number[]
  >;
  for (let nth = 0; nth < ROUNDS; nth += 1) {
    for (const [name, line] of Object.entries(lines)) {
      costs[name as keyof typeof lines].push(await cpuMs(line));
    }
  }
  const node = median(costs.node);
  return {
    node_cpu_ms: rounded(node),
    agent_version_to_node: rounded(median(costs.agent) / node),
    core_version_to_node: rounded(median(costs.core) / node),
    agent_help_to_node: rounded(median(costs.help) / node),
    core_help_to_node: rounded(median(costs.coreHelp) / node),
  };
}

type StartCosts = {
  /** "node -e 0". */
  readonly node_cpu_ms: number;
  /** The others as multiples of that. */
  readonly agent_version_to_node: number;
  readonly core_version_to_node: number;
  readonly agent_help_to_node: number;
  readonly core_help_to_node: number;
};

/** Of one start, by a shell's `times`, which says what its children have used: "user system" of minutes and seconds, in its second line. */
async function cpuMs(line: readonly string[]): Promise<number> {
  const starts = `n=0; while [ "$n" -lt ${STARTS} ]; do "$@" >/dev/null; n=$((n + 1)); done; times`;
  const { stdout } = await run("sh", ["-c", starts, "sh", ...line]);
  const children = stdout.trim().split("\n")[1] ?? "";
  const spans = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  const all = spans.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60e3 + Number(seconds) * 1e3,
    0,
  );
  return all / STARTS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Later starts of a core; the middle one is told. */
const LATER_STARTS = 3;

/** How long `node -e 0` takes by the clock at this moment, ms: what starts are compared with, since both wait for the same machine. */
async function nodeWallMs(): Promise<number> {
  const walls: number[] = [];
  for (let nth = 0; nth < LATER_STARTS; nth += 1) {
    const startedMs = performance.now();
    await run(process.execPath, ["-e", "0"]);
    walls.push(performance.now() - startedMs);
  }
  return median(walls);
}

/** Both at work with nothing to do: how soon the core is up, first and later, and what an agent with an open channel holds. */
async function whileRunning(dir: string): Promise<object> {
  const before = process.env["SERVICERADAR_EXECUTABLES"];
  process.env["SERVICERADAR_EXECUTABLES"] = dir;
  try {
    const firstMs = performance.now();
    const options = { name: "bench", firstTenant: "bench", grpcPort: 0, httpPort: 0 };
    await using stage = await openStage(options);
    const first = performance.now() - firstMs;
    const firstNode = await nodeWallMs();
    const later: number[] = [];
    const laterToNode: number[] = [];
    for (let nth = 0; nth < LATER_STARTS; nth += 1) {
      await stage.core.stop();
      const node = await nodeWallMs();
      const laterMs = performance.now();
      await stage.restart();
      later.push(performance.now() - laterMs);
      laterToNode.push((later.at(-1) ?? Number.NaN) / node);
    }
    return {
      core_first_start_ms: rounded(first),
      core_first_start_to_node: rounded(first / firstNode),
      core_later_start_ms: rounded(median(later)),
      core_later_start_to_node: rounded(median(laterToNode)),
      agent_peak_rss_bytes: await agentMemory(stage),
      core_peak_rss_bytes: await stage.core.peakMemory(),
    };
  } finally {
    if (before === undefined) delete process.env["SERVICERADAR_EXECUTABLES"];
    else process.env["SERVICERADAR_EXECUTABLES"] = before;
  }
}

async function agentMemory(stage: Stage): Promise<number | undefined> {
  const out = join(stage.dir, "bench-agent");
  const agent = ["--agent-id", "bench-agent", "--gateway-addr", stage.grpc, "--out", out];
  await stage.command("agent", "create", "--tenant", "bench", ...agent);
  const config = join(out, "agent.json");
  const program = stage.start("bench-agent", "src/bin/agent.ts", "run", "--config", config);
  await program.line("GetConfig");
  return await program.peakMemory();
}
