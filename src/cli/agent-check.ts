import { checkUp, type Check } from "../agent/checkup.ts";
import { systemClock } from "../lib/clock.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { silentLog } from "../lib/log.ts";
import { sourceOfType } from "../sources/catalog.ts";
import { openHost, sourcesWanted, type AgentHost } from "./agent-host.ts";
import type { AgentTerminal } from "./agent-terminal.ts";
import { exitCodeOf } from "./program.ts";
import { plain } from "./table.ts";

const NAME_CHARS = 14;

/** Looks at everything that an agent needs, a line for each look; ends with the code of the first failure. */
export async function check(
  { config: path, json }: { readonly config: string; readonly json: boolean },
  { env, print, stopSignal }: AgentTerminal,
): Promise<number> {
  const checks: Check[] = [];
  const tell = (found: Check): void => {
    checks.push(found);
    if (!json) print(checkLine(found));
  };
  const host = await openHost(path, env).catch((thrown: unknown) => {
    if (!(thrown instanceof ConfigError)) throw thrown;
    tell({ name: "settings", outcome: "fail", message: messageOf(thrown), code: "config" });
    return undefined;
  });
  if (host !== undefined) {
    for await (const found of checksOf(host, { path, signal: stopSignal() })) tell(found);
  }
  if (json) print(JSON.stringify({ checks }, undefined, 2));
  else print(summary(checks));
  const failed = checks.find(({ outcome }) => outcome === "fail");
  return failed === undefined ? EXIT.ok : exitCodeOf({ code: failed.code ?? "" });
}

/** Everything that is looked at on a host whose settings are good. */
export async function* checksOf(
  host: AgentHost,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): AsyncGenerator<Check> {
  const { config, credentials, keyPath, warnings } = host;
  yield { name: "settings", outcome: "pass", message: `${path} is good` };
  for (const message of warnings) yield { name: "settings", outcome: "warn", message };
  yield* checkUp({
    ...sourcesWanted(host, signal),
    dataDir: config.dataDir,
    keyPath,
    certificateEndMs: credentials.endMs,
    sourceOfType,
    clock: systemClock,
    log: silentLog(),
  });
}

function checkLine({ name, outcome, message }: Check): string {
  return `${outcome.toUpperCase()}  ${plain(name).padEnd(NAME_CHARS)}  ${plain(message)}`;
}

function summary(checks: readonly Check[]): string {
  const count = (wanted: Check["outcome"]): number =>
    checks.filter(({ outcome }) => outcome === wanted).length;
  return `${count("pass")} passed, ${count("warn")} to look at, ${count("fail")} failed`;
}
