/**
 * From source to inventory: a fake Armis, a real agent and a real core with its embedded PostgreSQL, each a process of its own,
 * on one empty tenant. Beside it, in the same run, what PostgreSQL alone takes to COPY the rows that came out.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { apiOf } from "../process/core-commands.ts";
import type { Program } from "../process/program.ts";
import { openStage, type Stage } from "../process/stage.ts";
import { copyBaseline } from "./copy-baseline.ts";
import { rounded, type BenchOptions, type Section } from "./section.ts";

const TENANT = "bench";
const AGENT = "bench-agent";
const SECRET = "bench-secret-key";
/** How often the API is asked whether all is published, ms; the figure is that much too large at most. */
const LOOK_MS = 200;
/** Slower than this a size has failed, devices a second. */
const RATE_MIN = 50;
/** What a run of few devices may take in any case, ms. */
const PATIENCE_MS = 120_000;

/** The section. */
export const endToEnd: Section = {
  name: "end_to_end",
  run: async (options) => {
    const sizes: unknown[] = [];
    for (const devices of options.devices) sizes.push(await measure(devices, options));
    return sizes;
  },
};

async function measure(devices: number, { tell, signal }: BenchOptions): Promise<unknown> {
  signal.throwIfAborted();
  tell(`end_to_end: ${devices} devices`);
  await using stage = await openStage({
    name: "bench",
    firstTenant: TENANT,
    grpcPort: 0,
    httpPort: 0,
  });
  try {
    return await measureOn(stage, devices, { tell, signal });
  } catch (thrown) {
    stage.keep();
    tell(`end_to_end: what the programs said is in ${join(stage.dir, "logs")}`);
    throw thrown;
  }
}

async function measureOn(
  stage: Stage,
  devices: number,
  { tell, signal }: Pick<BenchOptions, "tell" | "signal">,
): Promise<unknown> {
  const { agent, ask } = await setUp(stage, devices);
  const startedMs = performance.now();
  const program = stage.start(AGENT, "src/bin/agent.ts", "run", "--config", agent);
  const run = await published({ devices, ask, programs: [stage.core, program], tell, signal });
  const seconds = (performance.now() - startedMs) / 1_000;
  const { devices: inventory, records } = await ask<Overview>("");
  const memory = {
    agent_peak_rss_bytes: await program.peakMemory(),
    core_peak_rss_bytes: await stage.core.peakMemory(),
  };
  await program[Symbol.asyncDispose]();
  await stage.core[Symbol.asyncDispose]();
  tell(`end_to_end: ${seconds.toFixed(1)} s; now the same rows by COPY`);
  const copy = await copyBaseline(stage.dataDir);
  return {
    devices,
    inventory_devices: inventory,
    records,
    seconds: rounded(seconds),
    devices_per_second: rounded(devices / seconds),
    received_bytes: run.bytes,
    pull_seconds: rounded((Date.parse(run.ended_at ?? "") - Date.parse(run.started_at)) / 1_000),
    ...memory,
    copy: {
      rows: copy.rows,
      tables: copy.tables,
      seconds: rounded(copy.seconds),
      devices_per_second: rounded(devices / copy.seconds),
    },
    // 0.1: the whole way takes ten times what writing its result takes.
    speed_relative_to_copy: rounded(copy.seconds / seconds),
  };
}

type Ask = ReturnType<typeof apiOf>;
type Overview = { readonly devices: number; readonly records: number };
type Inbox = { readonly waiting: number; readonly parked: number; readonly unpublished: number };
type Run = {
  readonly outcome: string;
  readonly entries: number;
  readonly bytes: number;
  readonly started_at: string;
  readonly ended_at?: string;
};

/** Source, tenant, agent and token, with the commands that an operator has. Gives the agent's file, and a way to ask the API. */
async function setUp(
  { start, command, dir, grpc, http }: Stage,
  devices: number,
): Promise<{ readonly agent: string; readonly ask: Ask }> {
  const size = ["--devices", String(devices), "--seed", "7", "--secret-key", SECRET];
  const armis = start("armis", "test/fakes/armis-server.ts", ...size);
  const { url } = JSON.parse(await armis.line('"url"')) as { url: string };
  const credentials = { secret_key: SECRET };
  // One run: the next one must not begin while this one is measured.
  const source = { type: "armis", endpoint: url, poll_interval: "24h", credentials };
  const payload = join(dir, "sources.json");
  await writeFile(payload, JSON.stringify({ sources: { armis_bench: source } }), { mode: 0o600 });
  const bundle = join(dir, AGENT);
  const agent = ["--agent-id", AGENT, "--gateway-addr", grpc, "--out", bundle];
  await command("agent", "create", ...agent);
  await command("source", "apply", payload);
  const { token } = (await command("token", "create", "bench")) as { token: string };
  const ask = apiOf(`http://${http}/api/v1`, { tenant: TENANT, token });
  return { agent: join(bundle, "agent.json"), ask };
}

type Watched = Pick<BenchOptions, "tell" | "signal"> & {
  readonly devices: number;
  readonly ask: Ask;
  readonly programs: readonly Program[];
};

/** Resolves once every device of the source is published. Throws where a program ends, the run fails or entries are missing. */
async function published({ devices, ask, programs, tell, signal }: Watched): Promise<Run> {
  const untilMs = performance.now() + PATIENCE_MS + (devices / RATE_MIN) * 1_000;
  for (let told = 0; ;) {
    signal.throwIfAborted();
    const gone = programs.find(({ hasEnded }) => hasEnded);
    if (gone !== undefined) throw new Error(`${gone.name} ended:\n${await gone.lastWords()}`);
    const { runs } = await ask<{ runs: readonly Run[] }>("/runs?source=armis_bench&limit=1");
    const [run] = runs;
    const inbox = await ask<Inbox>("/inbox");
    if (run !== undefined && run.outcome !== "running") {
      const isWhole = run.outcome === "success" && run.entries === devices && inbox.parked === 0;
      if (!isWhole) throw new Error(`the run ended ${run.outcome} with ${run.entries} devices`);
      if (inbox.waiting === 0 && inbox.unpublished === 0) return run;
    }
    if (performance.now() > untilMs) throw new Error(`${devices} devices took too long`);
    if (run !== undefined && run.entries - told >= devices / 10) {
      told = run.entries;
      tell(`end_to_end: ${told} of ${devices} worked`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
