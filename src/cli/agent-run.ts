import { Agent, type AgentOptions, type OnceResult } from "../agent/agent.ts";
import { CheckpointStore } from "../agent/checkpoint-store.ts";
import { serveLocally } from "../agent/local-server.ts";
import { exitCodeOfRuns } from "../agent/once.ts";
import { systemClock } from "../lib/clock.ts";
import { EXIT } from "../lib/exit-code.ts";
import { LogTail } from "../lib/log-tail.ts";
import { createLog, type LogFormat } from "../lib/log.ts";
import { sourceOfType } from "../sources/catalog.ts";
import { openHost } from "./agent-host.ts";
import type { AgentTerminal } from "./agent-terminal.ts";

/** What `run` was told. */
export interface RunValues {
  readonly config: string;
  readonly json: boolean;
  readonly logLevel: string | undefined;
  readonly logFormat: LogFormat | undefined;
}

/** Runs until a signal; an agent that was stopped in order has done its work, so this gives 0. */
export async function runUntilStopped(values: RunValues, terminal: AgentTerminal): Promise<number> {
  const options = await agentOptions(values, { terminal, isOnce: false });
  const { config, log } = options;
  const signal = terminal.stopSignal();
  // Before the agent exists: where another one works already, this one shall not even greet.
  let agent: Agent | undefined;
  await using local = await serveLocally({
    facts: () => agent?.facts(),
    diagnostics: () => agent?.diagnostics(),
    dataDir: config.dataDir,
    listen: config.metricsListen,
    log,
  });
  if (local.address !== undefined) log.info({ address: local.address }, "metrics");
  agent = new Agent(options);
  await agent.run(signal);
  return EXIT.ok;
}

/** Runs every source once. */
export async function runOnce(values: RunValues, terminal: AgentTerminal): Promise<number> {
  const options = await agentOptions(values, { terminal, isOnce: true });
  const result = await new Agent(options).runOnce(terminal.stopSignal());
  for (const line of summary(result, values)) terminal.print(line);
  return exitCodeOfRuns(result);
}

async function agentOptions(
  { config: path, logLevel, logFormat }: RunValues,
  { terminal, isOnce }: { readonly terminal: AgentTerminal; readonly isOnce: boolean },
): Promise<AgentOptions> {
  const { env, isTerminal } = terminal;
  const host = await openHost(path, env);
  const { config, credentials, configStore } = host;
  const tail = new LogTail();
  const log = createLog({
    component: "agent",
    level: logLevel ?? config.logLevel,
    tail,
    ...(logFormat === undefined ? {} : { format: logFormat }),
  });
  for (const warning of host.warnings) log.warn({ setting: warning }, "agent.json");
  const { agentId: agent_id, partition, gatewayAddresses: gateways } = config;
  log.info({ agent_id, partition, gateways, version: host.host.version }, "agent starts");
  return {
    config,
    host: host.host,
    limits: host.limits,
    credentials,
    configStore,
    checkpoints: new CheckpointStore(config.dataDir, log),
    connect: host.connect,
    sourceOfType,
    isOnce,
    isTerminal,
    clock: systemClock,
    log,
    logTail: tail,
  };
}

function summary(result: OnceResult, { json }: RunValues): readonly string[] {
  if (json) return [JSON.stringify(result)];
  const lines = result.sources.map(({ name, lastRun }) => {
    if (lastRun === undefined) return `${name}: not run`;
    const { outcome, devices, pages, rejected, startedMs, endedMs, error } = lastRun;
    const seconds = ((endedMs - startedMs) / 1_000).toFixed(1);
    const left = rejected === 0 ? "" : `, ${rejected} rejected`;
    const why = error === undefined ? "" : `: ${error.kind}: ${error.message}`;
    return `${name}: ${outcome}, ${devices} devices of ${pages} pages in ${seconds} s${left}${why}`;
  });
  const unusable = result.unusable.map(({ name, reason }) => `${name}: cannot be used: ${reason}`);
  const all = [...lines, ...unusable];
  return all.length === 0 ? ["this agent has no sources"] : all;
}
