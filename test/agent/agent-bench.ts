/** A whole agent in this process, its gateways, and a clock that stands still until a test moves it. */
import type { TestContext } from "node:test";

import { parseAgentConfig } from "../../src/agent/agent-config.ts";
import { Agent, type AgentOptions } from "../../src/agent/agent.ts";
import { silentLog } from "../../src/lib/log.ts";
import { err, ok } from "../../src/lib/result.ts";
import type { Source } from "../../src/sources/source.ts";
import { MESSAGE_LIMITS_DEFAULT } from "../../src/wire/limits.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { startStrictGateway, type StrictGateway } from "../support/strict-gateway.ts";
import { certs, CHUNK_BYTES, connectTo, identity } from "./harness.ts";

/** An agent under test. */
export interface AgentBench {
  readonly agent: Agent;
  readonly clock: ManualClock;
  readonly gateway: StrictGateway;
  /** Stops it as a signal would, and waits for its end. */
  readonly stop: () => Promise<void>;
}

/** How the agent differs from the usual one. */
export interface AgentBenchOptions {
  /** Sources by type; their configuration is the test's to give. */
  readonly sources?: Readonly<Record<string, Source>>;
  readonly gateways?: readonly StrictGateway[];
  readonly config?: object;
  readonly options?: Partial<AgentOptions>;
}

/** The options of an agent that talks to these gateways. */
export function optionsOf(
  { sources = {}, config = {}, options = {} }: AgentBenchOptions,
  { gateways, clock }: { readonly gateways: readonly StrictGateway[]; readonly clock: ManualClock },
): AgentOptions {
  const { config: parsed } = parseAgentConfig({
    agent_id: "agent-01",
    gateway_addrs: gateways.map(({ address }) => address),
    gateway_security: {},
    ...config,
  });
  return {
    config: { ...parsed, partition: "default", chunkBytesMax: CHUNK_BYTES },
    host: identity.host,
    limits: MESSAGE_LIMITS_DEFAULT,
    connect: (address) => connectTo(address),
    sourceOfType: (type) => {
      const source = sources[type];
      return source === undefined ? err(`type "${type}" is not one of netbox`) : ok(source);
    },
    isOnce: false,
    clock,
    log: silentLog(),
    ...options,
  };
}

/** Starts an agent; it is stopped with the test. */
export async function startAgent(
  t: TestContext,
  options: AgentBenchOptions = {},
): Promise<AgentBench> {
  const gateways = options.gateways ?? [await startStrictGateway(certs)];
  const [gateway] = gateways;
  if (gateway === undefined) throw new Error("an agent needs a gateway");
  const clock = new ManualClock();
  const agent = new Agent(optionsOf(options, { gateways, clock }));
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort(new Error("stop"));
    await running;
  };
  t.after(async () => {
    await stop();
    for (const one of gateways) await one[Symbol.asyncDispose]();
  });
  return { agent, clock, gateway, stop };
}

/** A configuration as a core writes it: sources by name, each with an id made of its name. */
export function configOf(
  version: string,
  sources: Readonly<Record<string, object>>,
): { readonly configVersion: string; readonly configJson: Buffer } {
  const entries = Object.entries(sources).map(([name, settings]) => [
    name,
    {
      type: "netbox",
      endpoint: "https://netbox.example.net",
      poll_interval: "10m",
      discovery_interval: "1h",
      sync_service_id: `id-${name}`,
      ...settings,
    },
  ]);
  const json = { agent_id: "agent-01", sources: Object.fromEntries(entries) as object };
  return { configVersion: version, configJson: Buffer.from(JSON.stringify(json)) };
}

/** Lets waits that were asked for at most `maxMs` pass, one after the other, until the condition holds. */
export async function passTime(
  { clock, gateway }: Pick<AgentBench, "clock" | "gateway">,
  maxMs: number,
  holds: () => boolean,
): Promise<void> {
  const reached = gateway.until(holds);
  while (!holds()) {
    await Promise.race([reached, clock.untilSleeping((ms) => ms <= maxMs)]);
    if (!holds()) await clock.advance(maxMs);
  }
}

/** Resolves once every source is at rest: its gateway has had the last answer before the agent has. */
export async function atRest(agent: Agent): Promise<void> {
  while (agent.statuses().some(({ state }) => state === "running")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
