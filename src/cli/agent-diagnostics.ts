import { currentSources } from "../agent/current-sources.ts";
import { diagnosticsOf, type Diagnostics } from "../agent/diagnostics.ts";
import { runtimeText } from "../agent/host.ts";
import { isoTime, systemClock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { parseJsonText } from "../lib/json-text.ts";
import { writePrivateFile } from "../lib/private-file.ts";
import type { Secret } from "../lib/secret.ts";
import { checksOf } from "./agent-check.ts";
import { openHost, sourcesWanted, type AgentHost } from "./agent-host.ts";
import { askAgent } from "./agent-status.ts";
import type { AgentTerminal } from "./agent-terminal.ts";

/** Writes a bundle: what the running agent says of itself, and what `check` finds; without a running agent the latter alone. */
export async function writeDiagnostics(
  { config: path, out }: { readonly config: string; readonly out: string | undefined },
  { env, print, stopSignal }: AgentTerminal,
): Promise<number> {
  const host = await openHost(path, env);
  const signal = stopSignal();
  const running = await runningDiagnostics(host);
  const checks: object[] = [];
  for await (const found of checksOf(host, { path, signal })) checks.push(found);
  const nowMs = systemClock.now();
  const { config } = host;
  const own = diagnosticsOf({
    nowMs,
    host: host.host,
    runtime: runtimeText(),
    settings: config,
    checks,
    log: [],
    secrets: await knownSecrets(host, signal),
  });
  const text = `${JSON.stringify({ ...own, running: running ?? "no agent runs here" }, undefined, 2)}\n`;
  if (out === "-") {
    print(text.trimEnd());
    return EXIT.ok;
  }
  const stamp = isoTime(nowMs).replaceAll(/[-:]/g, "").slice(0, 15);
  const file = out ?? `serviceradar-agent-${config.agentId}-${stamp}.json`;
  await writePrivateFile(file, text);
  print(`${file} was written; no credential and no key is in it.`);
  return EXIT.ok;
}

async function runningDiagnostics({ config }: AgentHost): Promise<Diagnostics | undefined> {
  try {
    const parsed = parseJsonText(await askAgent(config.dataDir, "/diagnostics"));
    return parsed.ok ? (parsed.value as Diagnostics) : undefined;
  } catch (thrown) {
    if (thrown instanceof SyncError) return undefined;
    throw thrown;
  }
}

/** Sources fail in their own words, which might repeat what they were given. */
async function knownSecrets(host: AgentHost, signal: AbortSignal): Promise<readonly Secret[]> {
  try {
    const { payload } = await currentSources(sourcesWanted(host, signal));
    return payload.sources.flatMap(({ credentials }) => Object.values(credentials));
  } catch (thrown) {
    if (thrown instanceof SyncError) return [];
    throw thrown;
  }
}
