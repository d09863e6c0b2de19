import { loadAgentConfig } from "../agent/load-agent-config.ts";
import { agentSocketPath } from "../agent/local-server.ts";
import type { AgentReport } from "../agent/report.ts";
import { systemClock } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { askSocket } from "../lib/local-socket.ts";
import { VERSION } from "../lib/version.ts";
import { statusLines } from "./agent-status-text.ts";
import type { AgentTerminal } from "./agent-terminal.ts";

/** What `status` was told. */
interface StatusValues {
  readonly config: string;
  readonly json: boolean;
  /** Whether the exit code says if it delivers, as an installer asks. */
  readonly delivering: boolean;
}

/** Asks the agent that runs here how it is, and prints that. */
export async function showStatus(
  { config: path, json, delivering }: StatusValues,
  { print, printError }: AgentTerminal,
): Promise<number> {
  const { config } = await loadAgentConfig(path);
  const text = await askAgent(config.dataDir, "/status");
  const report = JSON.parse(text) as AgentReport;
  const lines = json ? [text.trimEnd()] : statusLines(report, systemClock.now());
  for (const line of lines) print(line);
  const missing = delivering ? whyNotDelivering(report) : undefined;
  if (missing === undefined) return EXIT.ok;
  printError(`serviceradar-agent: ${missing}`);
  return EXIT.failed;
}

function whyNotDelivering({ version, delivery }: AgentReport): string | undefined {
  // Another release may not even have said.
  if (version !== VERSION) return `the agent that runs is ${version}, this is ${VERSION}`;
  return delivery.is_proven ? undefined : delivery.because;
}

/** What the running agent answers. Throws SyncError "unreachable" where none runs, "permission" where it is another user's. */
export async function askAgent(dataDir: string, path: string): Promise<string> {
  const socketPath = agentSocketPath(dataDir);
  const answer = await askSocket(socketPath, { method: "GET", path }).catch((thrown: unknown) => {
    throw unanswered(thrown, socketPath);
  });
  if (answer.status === 200) return answer.text;
  throw new SyncError("unavailable", answer.text.trim(), { retry: "transient" });
}

function unanswered(thrown: unknown, socketPath: string): SyncError {
  const { code } = thrown as NodeJS.ErrnoException;
  const options = { retry: "permanent" } as const;
  if (code === "EACCES" || code === "EPERM") {
    const why = `${socketPath} belongs to another user's agent; run the command as that user, or as root`;
    return new SyncError("permission", why, options);
  }
  if (code === "ENOENT" || code === "ECONNREFUSED") {
    const why = `no agent runs here (nobody answers on ${socketPath}); start it with: serviceradar-agent run`;
    return new SyncError("unreachable", why, options);
  }
  return new SyncError("unreachable", `${socketPath}: ${messageOf(thrown)}`, options);
}
