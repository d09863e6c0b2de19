import { parseGoDuration } from "../lib/duration.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { Secret } from "../lib/secret.ts";
import { CONCURRENT_MAX, isAnswerTimeout, RATE } from "./pace-bounds.ts";

/** A label and the query in the source's own language (Armis: AQL). */
export interface SourceQuery {
  readonly label: string;
  readonly query: string;
}

/** One source as the configuration payload gives it to an agent; members of the payload: SOURCE_MEMBERS. */
export interface SourceConfig {
  /** Key in `sources`: what operators call it. */
  readonly name: string;
  readonly type: string;
  readonly endpoint: string;
  readonly credentials: Readonly<Record<string, Secret>>;
  readonly queries: readonly SourceQuery[];
  readonly pollIntervalMs: number;
  readonly discoveryIntervalMs: number;
  /** UUID of the source in the core: the source instance of its records. */
  readonly syncServiceId?: string;
  readonly partition?: string;
  readonly gatewayId?: string;
  /** CIDRs whose devices are left out. */
  readonly networkBlacklist: readonly string[];
  readonly insecureSkipVerify: boolean;
  /** PEM of the authorities to trust instead of the system's. */
  readonly caPem?: string;
  /** From proxy_url, or from the credentials where it holds a password. */
  readonly proxyUrl?: string;
  /** Hosts that are reached without the proxy, as NO_PROXY lists them. */
  readonly noProxy?: string;
  /** PEM of the certificate by which the source knows us, and of its key. */
  readonly clientCertPem?: string;
  readonly clientKeyPem?: Secret;
  /** Unlocks the key. */
  readonly clientKeyPassphrase?: Secret;
  /** Requests a second at most; absent: as fast as it answers. */
  readonly requestsPerSecond?: number;
  /** Requests at a time at most; absent: 4. */
  readonly concurrentRequests?: number;
  /** How long an answer may take to begin; absent: 2 minutes. */
  readonly answerTimeoutMs?: number;
  /** Devices per API page, where the API lets us choose. */
  readonly pageSize?: number;
  /** The same as the agent's memory allows it; no member of the payload. */
  readonly pageRowsMax?: number;
}

/** What a configuration payload says: its usable sources, and those that are not, each with the reason. */
export interface SyncPayload {
  readonly sources: readonly SourceConfig[];
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  /** Public key of the core, for runs that are carried to it as files: SubjectPublicKeyInfo of X25519 in base64. */
  readonly bundleKey?: string;
}

/** Interval of a source where neither it nor the payload's top level says one. */
export const POLL_INTERVAL_DEFAULT_MS = 600_000;
/** Interval of full discovery where the source says none. */
export const DISCOVERY_INTERVAL_DEFAULT_MS = 3_600_000;
/** A shorter interval would only hammer an API: the run in flight makes the next one skip. */
const INTERVAL_MIN_MS = 1_000;
/** More sources than this in one payload is a mistake, not an inventory. */
const SOURCES_MAX = 10_000;

/** Members of a source that agents read; docs/configuration.md says what each means. */
export const SOURCE_MEMBERS: readonly string[] = [
  "type",
  "endpoint",
  "credentials",
  "poll_interval",
  "discovery_interval",
  "queries",
  "page_size",
  "network_blacklist",
  "insecure_skip_verify",
  "ca_pem",
  "client_cert_pem",
  "proxy_url",
  "no_proxy",
  "requests_per_second",
  "concurrent_requests",
  "answer_timeout",
  "partition",
  "gateway_id",
  "sync_service_id",
];

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the payload of GetConfig's config_json, or of `source apply`. An error means that the payload as
 * a whole is unusable (the agent then keeps its last good one); a source that is wrong by itself is in `rejected`.
 * `sources: {}` is a good payload: it stops all sources.
 */
export function parseSyncPayload(payload: unknown): Result<SyncPayload> {
  if (!isObject(payload)) return err("configuration is not a JSON object");
  const sources = payload["sources"];
  if (!isObject(sources)) return err('configuration has no "sources" object');
  const entries = Object.entries(sources);
  if (entries.length > SOURCES_MAX) {
    return err(`configuration has more than ${SOURCES_MAX} sources`);
  }
  const poll = interval(payload["poll_interval"], POLL_INTERVAL_DEFAULT_MS);
  if (!poll.ok) return err(`poll_interval ${poll.error}`);
  const good: SourceConfig[] = [];
  const rejected: { name: string; reason: string }[] = [];
  for (const [name, value] of entries) {
    const parsed = parseSourceConfig(name, value, poll.value);
    if (parsed.ok) good.push(parsed.value);
    else rejected.push({ name, reason: parsed.error });
  }
  const bundleKey = string(payload["bundle_key"]);
  return ok({ sources: good, rejected, ...(bundleKey === undefined ? {} : { bundleKey }) });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads one source of a payload; `pollDefaultMs` is the payload's top-level poll_interval. */
export function parseSourceConfig(
  name: string,
  value: unknown,
  pollDefaultMs: number,
): Result<SourceConfig> {
  if (!isObject(value)) return err("is not a JSON object");
  const type = string(value["type"]);
  if (type === undefined) return err("has no type");
  const credentials = parseCredentials(value["credentials"]);
  // The original's web page keeps a NetBox's address among the credentials.
  const endpoint = string(value["endpoint"]) ?? credentials["url"]?.reveal();
  if (endpoint === undefined) return err("has no endpoint");
  const poll = interval(value["poll_interval"], pollDefaultMs);
  if (!poll.ok) return err(`poll_interval ${poll.error}`);
  const discovery = interval(value["discovery_interval"], DISCOVERY_INTERVAL_DEFAULT_MS);
  if (!discovery.ok) return err(`discovery_interval ${discovery.error}`);
  const proxyUrl = string(value["proxy_url"]) ?? credentials["proxy_url"]?.reveal();
  const pageSize = Number(value["page_size"] ?? credentials["page_size"]?.reveal() ?? Number.NaN);
  const rate = requestRate(value["requests_per_second"]);
  if (!rate.ok) return rate;
  const concurrent = requestsAtOnce(value["concurrent_requests"]);
  if (!concurrent.ok) return concurrent;
  const answer = answerTimeout(value["answer_timeout"]);
  if (!answer.ok) return answer;
  return ok({
    name,
    type: type.toLowerCase(),
    endpoint,
    credentials,
    queries: parseQueries(value["queries"]),
    pollIntervalMs: poll.value,
    discoveryIntervalMs: discovery.value,
    networkBlacklist: strings(value["network_blacklist"]),
    insecureSkipVerify: value["insecure_skip_verify"] === true,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(Number.isSafeInteger(pageSize) && pageSize > 0 ? { pageSize } : {}),
    ...(rate.value === undefined ? {} : { requestsPerSecond: rate.value }),
    ...(concurrent.value === undefined ? {} : { concurrentRequests: concurrent.value }),
    ...(answer.value === undefined ? {} : { answerTimeoutMs: answer.value }),
    ...texts(value),
    ...clientCertificate(credentials),
  });
}

/** What lies sealed of a client certificate; the certificate itself may lie there as well. */
function clientCertificate(credentials: SourceConfig["credentials"]): Partial<SourceConfig> {
  const clientCertPem = credentials["client_cert_pem"]?.reveal();
  const clientKeyPem = credentials["client_key_pem"];
  const clientKeyPassphrase = credentials["client_key_passphrase"];
  return {
    ...(clientCertPem === undefined ? {} : { clientCertPem }),
    ...(clientKeyPem === undefined ? {} : { clientKeyPem }),
    ...(clientKeyPassphrase === undefined ? {} : { clientKeyPassphrase }),
  };
}

function texts(value: Json): Partial<SourceConfig> {
  const out: Record<string, string> = {};
  const names = {
    syncServiceId: "sync_service_id",
    partition: "partition",
    gatewayId: "gateway_id",
    caPem: "ca_pem",
    clientCertPem: "client_cert_pem",
    noProxy: "no_proxy",
  };
  for (const [field, key] of Object.entries(names)) {
    const text = string(value[key]);
    if (text !== undefined) out[field] = text;
  }
  return out;
}

function string(value: unknown): string | undefined {
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? undefined : text;
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap((item) => string(item) ?? []) : [];
}

/** Absent or zero means "not set", as the original writes it. */
function interval(value: unknown, fallbackMs: number): Result<number> {
  if (value === undefined || value === null || value === "" || value === 0) return ok(fallbackMs);
  const parsed = parseGoDuration(value);
  if (!parsed.ok) return parsed;
  return parsed.value === 0 ? ok(fallbackMs) : ok(Math.max(INTERVAL_MIN_MS, parsed.value));
}

function requestRate(value: unknown): Result<number | undefined> {
  if (value === undefined || value === null || value === "") return ok(undefined);
  const rate = typeof value === "string" ? Number(value) : value;
  if (typeof rate === "number" && rate >= RATE.min && rate <= RATE.max) return ok(rate);
  return err(`requests_per_second must be a number from ${RATE.min} to ${RATE.max}`);
}

function requestsAtOnce(value: unknown): Result<number | undefined> {
  if (value === undefined || value === null || value === "") return ok(undefined);
  const count = typeof value === "string" ? Number(value) : value;
  if (Number.isSafeInteger(count) && Number(count) >= 1 && Number(count) <= CONCURRENT_MAX) {
    return ok(Number(count));
  }
  return err(`concurrent_requests must be a whole number from 1 to ${CONCURRENT_MAX}`);
}

function answerTimeout(value: unknown): Result<number | undefined> {
  if (value === undefined || value === null || value === "" || value === 0) return ok(undefined);
  const parsed = parseGoDuration(value);
  if (!parsed.ok) return err(`answer_timeout ${parsed.error}`);
  return isAnswerTimeout(parsed.value)
    ? ok(parsed.value)
    : err("answer_timeout must be a duration from 1s to 10m");
}

function parseCredentials(value: unknown): Readonly<Record<string, Secret>> {
  const credentials: Record<string, Secret> = {};
  for (const [key, raw] of Object.entries(isObject(value) ? value : {})) {
    const plain =
      typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean"
        ? String(raw).trim()
        : "";
    if (plain !== "") credentials[key] = new Secret(plain);
  }
  return credentials;
}

function parseQueries(value: unknown): readonly SourceQuery[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const query = isObject(item) ? string(item["query"]) : undefined;
    return query === undefined
      ? []
      : [{ label: (isObject(item) ? string(item["label"]) : undefined) ?? "", query }];
  });
}
