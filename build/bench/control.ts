import { join } from "node:path";
/**
 * How soon an edit of a source is in force at its agent: a real core, a real agent, and an operator who edits through the API. The
 * time ends when the core has the agent's word for it, so it is an upper bound.
 */
import { setTimeout } from "node:timers/promises";

import { apiOf } from "../process/core-commands.ts";
import { openStage, type Stage } from "../process/stage.ts";
import { rounded, type BenchOptions, type Section } from "./section.ts";

const TENANT = "bench";
const AGENT = "bench-agent";
const EDITS = 20;
/** How often the API is asked what the agent runs, ms; a figure is that much too large at most. */
const LOOK_MS = 5;
/** An edit that takes longer is lost, ms. */
const PATIENCE_MS = 60_000;

/** The section. */
export const control: Section = {
  name: "control",
  run: async ({ tell, signal }) => {
    tell(`control: ${EDITS} edits of a source`);
    const where = { name: "bench", firstTenant: TENANT, grpcPort: 0, httpPort: 0 };
    await using stage = await openStage(where);
    const ms = await edits(stage, signal);
    const sorted = ms.toSorted((a, b) => a - b);
    const at = (share: number): number => rounded(sorted[Math.ceil(share * EDITS) - 1] ?? 0);
    return {
      edits: EDITS,
      edit_to_agent_ms: { p50: at(0.5), p95: at(0.95), max: at(1) },
      within_a_second: ms.filter((each) => each <= 1_000).length,
    };
  },
};

type Ask = ReturnType<typeof apiOf>;

async function edits(
  { start, command, dir, grpc, http }: Stage,
  signal: BenchOptions["signal"],
): Promise<readonly number[]> {
  const bundle = join(dir, AGENT);
  await command("agent", "create", "--agent-id", AGENT, "--gateway-addr", grpc, "--out", bundle);
  const { token } = (await command("token", "create", "bench", "--role", "operator")) as {
    token: string;
  };
  const ask = apiOf(`http://${http}/api/v1`, { tenant: TENANT, token });
  await edit(ask, 1);
  start(AGENT, "src/bin/agent.ts", "run", "--config", join(bundle, "agent.json"));
  let running = await inForce(ask, undefined, signal);
  const ms: number[] = [];
  for (let nth = 0; nth < EDITS; nth += 1) {
    const startedMs = performance.now();
    await edit(ask, nth + 2);
    running = await inForce(ask, running, signal);
    ms.push(performance.now() - startedMs);
  }
  return ms;
}

/** Any change will do; nothing listens where the source says, and nobody waits for its runs. */
async function edit(ask: Ask, hours: number): Promise<void> {
  const source = {
    type: "netbox",
    endpoint: "http://127.0.0.1:9",
    poll_interval: `${hours}h`,
    credentials: { api_token: "bench-token" },
  };
  await ask(`/sources?agent_id=${AGENT}`, { sources: { edited: source } });
}

type Agent = { readonly config_running?: string; readonly config_offered?: string };

/** The version that the agent says it runs, once that is another one than before. */
async function inForce(
  ask: Ask,
  before: string | undefined,
  signal: BenchOptions["signal"],
): Promise<string> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    signal.throwIfAborted();
    const { config_running: running } = await ask<Agent>(`/agents/${AGENT}`);
    if (running !== undefined && running !== before) return running;
    if (performance.now() > untilMs) throw new Error("an edit did not reach the agent");
    await setTimeout(LOOK_MS);
  }
}
