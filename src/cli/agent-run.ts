import { Agent, type AgentOptions, type OnceResult } from "../agent/agent.ts";
import { CheckpointStore } from "../agent/checkpoint-store.ts";
import { serveLocally } from "../agent/local-server.ts";
import { exitCodeOfRuns } from "../agent/once.ts";
import type { Telling } from "../agent/progress.ts";
import { systemClock } from "../lib/clock.ts";
import { EXIT } from "../lib/exit-code.ts";
import { LiveLines } from "../lib/live-lines.ts";
import { LogTail } from "../lib/log-tail.ts";
import { createLog, type Log, type LogFormat } from "../lib/log.ts";
import { sourceOfType } from "../sources/catalog.ts";
import { bundleOnce } from "./agent-bundle.ts";
import { openHost, type AgentHost } from "./agent-host.ts";
import type { AgentTerminal } from "./agent-terminal.ts";

/** What `run` was told. */
interface RunValues {
  readonly config: string;
  readonly json: boolean;
  readonly logLevel: string | undefined;
  readonly logFormat: LogFormat | undefined;
  /** With `once`: the file that is written instead. */
  readonly out: string | undefined;
  readonly sources: string | undefined;
}

/** Runs as it was told: until a signal, or every source once, to the gateway or into a file. */
export async function run(
  values: RunValues & { readonly once: boolean },
  terminal: AgentTerminal,
): Promise<number> {
  const { once, out, sources } = values;
  const wrong =
    out !== undefined && !once
      ? "--out goes with --once"
      : sources !== undefined && out === undefined
        ? "--sources goes with --out"
        : undefined;
  if (wrong !== undefined) {
    terminal.printError(`serviceradar-agent: ${wrong}`);
    return EXIT.usage;
  }
  return once ? await runOnce(values, terminal) : await runUntilStopped(values, terminal);
}

/** Runs until a signal; an agent that was stopped in order has done its work, so this gives 0. */
async function runUntilStopped(values: RunValues, terminal: AgentTerminal): Promise<number> {
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

/** Runs every source once, to the gateway or into a file. */
async function runOnce(values: RunValues, terminal: AgentTerminal): Promise<number> {
  const result =
    values.out === undefined
      ? await new Agent(await agentOptions(values, { terminal, isOnce: true })).runOnce(
          terminal.stopSignal(),
        )
      : await runIntoFile({ ...values, out: values.out }, terminal);
  for (const line of summary(result, values)) terminal.print(line);
  if (values.out !== undefined && !values.json) {
    terminal.print(`Carry ${values.out} to the core, and there: serviceradar-core import FILE`);
  }
  return exitCodeOfRuns(result);
}

async function runIntoFile(
  values: RunValues & { readonly out: string },
  terminal: AgentTerminal,
): Promise<OnceResult> {
  const host = await openHost(values.config, terminal.env);
  const live = liveOf(values, terminal);
  const log = logOf(values, host, { live });
  const draw = drawOn(live);
  return await bundleOnce(values, { host, log, draw, signal: terminal.stopSignal() });
}

/** Lines that are drawn in place, above which the log scrolls; none where nobody watches or programs read. */
function liveOf({ logFormat }: RunValues, { screen }: AgentTerminal): LiveLines | undefined {
  return screen === undefined || logFormat === "json" ? undefined : new LiveLines(screen);
}

function drawOn(live: LiveLines | undefined): Telling["draw"] {
  return live === undefined ? undefined : (lines) => live.show(lines);
}

type LogPlaces = {
  readonly live: LiveLines | undefined;
  readonly tail?: LogTail;
};

function logOf(
  { logLevel, logFormat }: RunValues,
  host: AgentHost,
  { live, tail }: LogPlaces,
): Log {
  const { agentId: agent_id, partition, gatewayAddresses: gateways, logLevel: usual } = host.config;
  const log = createLog({
    component: "agent",
    level: logLevel ?? usual,
    ...(tail === undefined ? {} : { tail }),
    ...(logFormat === undefined ? {} : { format: logFormat }),
    ...(live === undefined ? {} : { format: "pretty", write: (text) => live.write(text) }),
  });
  for (const warning of host.warnings) log.warn({ setting: warning }, "agent.json");
  log.info({ agent_id, partition, gateways, version: host.host.version }, "agent starts");
  return log;
}

async function agentOptions(
  values: RunValues,
  { terminal, isOnce }: { readonly terminal: AgentTerminal; readonly isOnce: boolean },
): Promise<AgentOptions> {
  const host = await openHost(values.config, terminal.env);
  const { config, credentials, configStore, limits, connect } = host;
  const logTail = new LogTail();
  const live = liveOf(values, terminal);
  const log = logOf(values, host, { live, tail: logTail });
  return {
    config,
    host: host.host,
    limits,
    credentials,
    configStore,
    checkpoints: new CheckpointStore(config.dataDir, log),
    connect,
    sourceOfType,
    isOnce,
    draw: drawOn(live),
    clock: systemClock,
    log,
    logTail,
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
