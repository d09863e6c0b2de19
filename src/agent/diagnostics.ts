/** What an agent hands over when somebody looks for a fault: how it is, what it was told, what it said last. Never a secret. Pure. */
import { isoTime } from "../lib/clock.ts";
import { maskUserinfo, REDACTED, type Secret } from "../lib/secret.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { HostFacts } from "./host.ts";
import type { AgentReport } from "./report.ts";

/** What a bundle is made of. */
export interface DiagnosticsParts {
  readonly nowMs: number;
  /** Absent where no agent runs. */
  readonly report?: AgentReport;
  readonly host: HostFacts;
  /** Runtime and its version: "node 24.21.0". */
  readonly runtime: string;
  readonly settings: AgentConfig;
  readonly checks?: readonly object[];
  /** Newest last. */
  readonly log: readonly string[];
  /** Values that must not be in it, wherever they come from. */
  readonly secrets: readonly Secret[];
}

/** A bundle: JSON that holds no credential. */
export type Diagnostics = Readonly<Record<string, unknown>>;

/** Puts a bundle together, cleaned of every secret that is known and of every user in a URL. */
export function diagnosticsOf(parts: DiagnosticsParts): Diagnostics {
  const { nowMs, report, host, runtime, settings, checks, log, secrets } = parts;
  const bundle = {
    made_at: isoTime(nowMs),
    runtime,
    host,
    settings: settingsShown(settings),
    ...(report === undefined ? {} : { status: report }),
    ...(checks === undefined ? {} : { checks }),
    log,
  };
  return cleaned(bundle, secrets);
}

/** Members by name, so that a setting that comes later is not shown before somebody has thought about it. */
function settingsShown(settings: AgentConfig): object {
  return {
    agent_id: settings.agentId,
    partition: settings.partition,
    gateways: settings.gatewayAddresses,
    data_dir: settings.dataDir,
    log_level: settings.logLevel,
    push_interval_ms: settings.pushIntervalMs,
    sync_runtime_enabled: settings.isSyncEnabled,
    max_memory: settings.memoryBytesMax,
    chunk_max_bytes: settings.chunkBytesMax,
    metrics_listen: settings.metricsListen,
  };
}

/** Switches and numbers stand among credentials too; without them in the text it would be hard to read. */
const NO_SECRET = /^(?:true|false|\d{0,6}|https?:\/\/[^@]*)$/i;

function cleaned(bundle: object, secrets: readonly Secret[]): Diagnostics {
  const values = secrets
    .map((secret) => secret.reveal())
    .filter((value) => !NO_SECRET.test(value))
    .flatMap((value) => [value, encodeURIComponent(value), Buffer.from(value).toString("base64")])
    // A secret that another one begins with must not leave its rest behind.
    .toSorted((a, b) => b.length - a.length);
  const clean = (text: string): string =>
    values.reduce((rest, value) => rest.replaceAll(value, REDACTED), maskUserinfo(text));
  const json = JSON.stringify(bundle, (_, member: unknown) =>
    typeof member === "string" ? clean(member) : member,
  );
  return JSON.parse(json) as Diagnostics;
}
