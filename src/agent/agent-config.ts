/** agent.json: the fields of the original's bootstrap file (protocol facts 2.3) and a few of our own. Pure. */
import { didYouMean } from "../lib/did-you-mean.ts";
import { parseGoDuration } from "../lib/duration.ts";
import { ConfigError } from "../lib/errors.ts";
import { parseListenAddress } from "../lib/listen-address.ts";
import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, RESULT_MESSAGE_BYTES_MAX } from "../wire/limits.ts";
import { parseGatewayAddress } from "./gateway-address.ts";
import { label, object, size, text, yes, type Json } from "./setting-readers.ts";

/** What an agent is told at its start; everything else comes from its core. */
export interface AgentConfig {
  readonly agentId: string;
  /** Absent: the certificate's. */
  readonly partition?: string;
  /** "host:port" each, in order of preference, at least one. */
  readonly gatewayAddresses: readonly string[];
  readonly hostIp?: string;
  /** The block that names the certificates, unread, and the setting's name. */
  readonly security: { readonly block: unknown; readonly setting: string };
  readonly logLevel: LogLevel;
  /** Time between heartbeats; absent: the gateway decides. */
  readonly pushIntervalMs?: number;
  /** Whether sources are pulled at all. */
  readonly isSyncEnabled: boolean;
  /** Where the agent keeps what should outlive it. */
  readonly dataDir: string;
  /** Memory that the agent plans to stay under. */
  readonly memoryBytesMax: number;
  readonly chunkBytesMax: number;
  /** "host:port" for /metrics, /healthz and /readyz; absent: no port is opened. */
  readonly metricsListen?: string;
}

/** A configuration, and what in the file was not understood. */
export interface ReadAgentConfig {
  readonly config: AgentConfig;
  readonly warnings: readonly string[];
}

/** Levels as pino knows them. */
type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** The original's words for levels (zerolog), where they differ from ours. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: "trace",
  debug: "debug",
  info: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  fatal: "fatal",
  panic: "fatal",
  disabled: "silent",
  silent: "silent",
};

/** Fields by block ("": the file itself); those of the original that mean nothing to us are known, so that its file raises no warning. */
export const AGENT_SETTINGS: Readonly<Record<string, readonly string[]>> = {
  "": words(`agent_id agent_name component_type host_ip partition security kv_address kv_security checkers_dir
    logging gateway_addr gateway_addrs gateway_security push_interval status_debounce_interval
    status_heartbeat_interval sync_runtime_enabled tenant_id tenant_slug data_dir max_memory chunk_max_bytes
    metrics_listen`),
  logging: words("level debug output time_format otel"),
  gateway_security: words(
    "mode cert_dir server_name role tls trust_domain server_spiffe_id workload_socket",
  ),
  "gateway_security.tls": words("cert_file key_file ca_file client_ca_file"),
};

function words(list: string): readonly string[] {
  return list.split(/\s+/);
}

/** Bounds of push_interval, as in the original. */
const PUSH_INTERVAL = { min: 1_000, max: 3_600_000 };
/** The memory limit of the original's Helm chart, which an agent of ours must not need more than. */
const MEMORY_BYTES_DEFAULT = 512 * 1024 ** 2;
/** Less could only be ignored: with one source, short windows and small pages an agent was measured at 174 MB. */
const MEMORY_BYTES_MIN = 192 * 1024 ** 2;
const DATA_DIR_DEFAULT = "/var/lib/serviceradar/agent";

/** Reads the file's JSON. Throws ConfigError naming the setting; what is unknown is only warned of. */
export function parseAgentConfig(json: unknown): ReadAgentConfig {
  const root = object(json, "agent.json");
  const securityName = root["gateway_security"] === undefined ? "security" : "gateway_security";
  const warnings = [
    ...unknownKeys(root, ""),
    ...unknownKeys(root["logging"], "logging"),
    ...unknownKeys(root["gateway_security"], "gateway_security"),
    ...unknownKeys(member(root["gateway_security"], "tls"), "gateway_security.tls"),
  ];
  const config = {
    agentId: agentId(root),
    gatewayAddresses: gatewayAddresses(root),
    security: { block: root[securityName], setting: securityName },
    logLevel: logLevel(root["logging"]),
    isSyncEnabled: yes(root, "sync_runtime_enabled", true),
    dataDir: text(root, "data_dir") ?? DATA_DIR_DEFAULT,
    memoryBytesMax: size(root, "max_memory", {
      fallback: MEMORY_BYTES_DEFAULT,
      min: MEMORY_BYTES_MIN,
      max: Number.MAX_SAFE_INTEGER,
    }),
    chunkBytesMax: size(root, "chunk_max_bytes", {
      fallback: CHUNK_BYTES_MAX,
      min: CHUNK_BYTES_MIN,
      max: RESULT_MESSAGE_BYTES_MAX,
    }),
    ...present("partition", label(root, "partition")),
    ...present("hostIp", text(root, "host_ip")),
    ...present("pushIntervalMs", pushInterval(root)),
    ...present("metricsListen", listenAddress(root)),
  };
  return { config, warnings };
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Json)[key] : undefined;
}

function unknownKeys(value: unknown, block: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const known = AGENT_SETTINGS[block] ?? [];
  const prefix = block === "" ? "" : `${block}.`;
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `${prefix}${key} is not a setting of agent.json${didYouMean(key, known)}`);
}

function agentId(root: Json): string {
  const id = label(root, "agent_id");
  if (id === undefined) throw new ConfigError("agent_id", "is missing");
  return id;
}

function logLevel(value: unknown): LogLevel {
  if (value === undefined || value === null) return "info";
  const logging = object(value, "logging");
  const name = (text(logging, "level") ?? "info").toLowerCase();
  const level = LEVELS[name];
  if (level === undefined) {
    const levels = Object.keys(LEVELS);
    throw new ConfigError("logging.level", `"${name}" is unknown${didYouMean(name, levels)}`);
  }
  return yes(logging, "debug", false) && level !== "trace" ? "debug" : level;
}

function gatewayAddresses(root: Json): readonly string[] {
  const list = root["gateway_addrs"] ?? [];
  if (!Array.isArray(list)) throw new ConfigError("gateway_addrs", "is not a list");
  const first = text(root, "gateway_addr");
  const all = [...(first === undefined ? [] : [first]), ...(list as readonly unknown[])];
  if (all.length === 0) throw new ConfigError("gateway_addr", "is missing");
  const addresses = all.map((given, nth) => {
    const setting = nth === 0 && first !== undefined ? "gateway_addr" : "gateway_addrs";
    const address = parseGatewayAddress(given);
    if (!address.ok) throw new ConfigError(setting, address.error);
    return address.value;
  });
  return [...new Set(addresses)];
}

function listenAddress(root: Json): string | undefined {
  const given = text(root, "metrics_listen");
  if (given === undefined) return undefined;
  const parsed = parseListenAddress(given);
  if (!parsed.ok) throw new ConfigError("metrics_listen", parsed.error);
  // A port alone means this host, not every network it is in.
  return parsed.value.host === "" ? `127.0.0.1:${parsed.value.port}` : given;
}

function pushInterval(root: Json): number | undefined {
  const value = root["push_interval"];
  if (value === undefined || value === null || value === 0 || value === "") return undefined;
  const parsed = parseGoDuration(value);
  if (!parsed.ok) throw new ConfigError("push_interval", parsed.error);
  if (parsed.value <= 0) throw new ConfigError("push_interval", "must be longer than 0");
  return Math.min(PUSH_INTERVAL.max, Math.max(PUSH_INTERVAL.min, parsed.value));
}
