/**
 * A source as it is stored and as it is told to an agent. Both are forms of the payload that sync-runtime documents, so what an
 * operator pastes is what the agent gets, plus what the core knows better.
 */
import { formatGoDuration, parseGoDuration } from "../lib/duration.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Secret } from "../lib/secret.ts";
import { sourceNameProblem } from "../model/source-name.ts";
import {
  parseSourceConfig,
  DISCOVERY_INTERVAL_DEFAULT_MS,
  POLL_INTERVAL_DEFAULT_MS,
} from "../model/sync-payload.ts";

type Json = Readonly<Record<string, unknown>>;

/** What an operator may say of a source, checked; credentials apart, to be sealed. */
export interface SourceDraft {
  readonly name: string;
  readonly type: string;
  readonly endpoint: string;
  readonly pollIntervalMs: number | undefined;
  readonly discoveryIntervalMs: number | undefined;
  /** Only to be held against the agent's, whose partition a source has. */
  readonly partition: string | undefined;
  /** queries, page_size, network_blacklist and whatever else the payload holds, as given. */
  readonly settings: Json;
  readonly credentials: Readonly<Record<string, Secret>> | undefined;
}

/** Members of a payload's source that the core decides; another core's export has them, and they are not taken from there. */
export const DECIDED_MEMBERS: readonly string[] = [
  "name",
  "sync_service_id",
  "agent_id",
  "gateway_id",
  "partition",
  "tenant_id",
  "tenant_slug",
];
/** Members with columns of their own; the rest of a payload's source are its settings. */
const COLUMN_MEMBERS = ["type", "endpoint", "credentials", "poll_interval", "discovery_interval"];
const OWN_MEMBERS: ReadonlySet<string> = new Set([...DECIDED_MEMBERS, ...COLUMN_MEMBERS]);
/** Types that a connector exists for in our agent. */
const SOURCE_TYPES: readonly string[] = ["armis", "netbox"];

/** Checks one source of a payload, `defaults` being the payload's top level. The error names the setting. */
export function readSource(
  name: string,
  value: unknown,
  defaults: { readonly pollInterval?: unknown } = {},
): Result<SourceDraft> {
  const wrongName = sourceNameProblem(name);
  if (wrongName !== undefined) return err(`name ${wrongName}`);
  const parsed = parseSourceConfig(name, value, POLL_INTERVAL_DEFAULT_MS);
  if (!parsed.ok) return parsed;
  const { type, endpoint, credentials, proxyUrl } = parsed.value;
  if (!SOURCE_TYPES.includes(type)) {
    return err(`type "${type}" is unknown; known types are ${SOURCE_TYPES.join(", ")}`);
  }
  const json = value as Json;
  const problem =
    endpointProblem(endpoint) ?? proxyProblem(proxyUrl, json["proxy_url"]) ?? keyProblem(json);
  if (problem !== undefined) return err(problem);
  if (!["boolean", "undefined"].includes(typeof json["final_means_full"])) {
    return err("final_means_full must be true or false");
  }
  const poll = optionalInterval(json["poll_interval"] ?? defaults.pollInterval, "poll_interval");
  if (!poll.ok) return poll;
  const discovery = optionalInterval(json["discovery_interval"], "discovery_interval");
  if (!discovery.ok) return discovery;
  return ok({
    name: name.trim(),
    type,
    endpoint,
    pollIntervalMs: poll.value,
    discoveryIntervalMs: discovery.value,
    partition: parsed.value.partition,
    settings: Object.fromEntries(Object.entries(json).filter(([key]) => !OWN_MEMBERS.has(key))),
    credentials: Object.keys(credentials).length === 0 ? undefined : credentials,
  });
}

/** Why an address may not be a setting, which is stored and shown in clear; undefined where it may. */
function endpointProblem(endpoint: string): string | undefined {
  // What holds an @ may hold a password, however odd the rest is.
  const shown = endpoint.includes("@") ? "endpoint" : `endpoint "${endpoint}"`;
  if (!isHttpUrl(endpoint)) return `${shown} is not an http or https URL`;
  return holdsUserinfo(endpoint)
    ? "endpoint holds a user name or a password; put them into credentials"
    : undefined;
}

/** A proxy whose address holds a password is a credential, `proxy_url` like the setting: sealed and never shown. */
function proxyProblem(proxyUrl: string | undefined, setting: unknown): string | undefined {
  if (proxyUrl === undefined) return undefined;
  if (!isHttpUrl(proxyUrl)) return "proxy_url is not an http or https URL";
  return typeof setting === "string" && holdsUserinfo(proxyUrl) && setting.trim() === proxyUrl
    ? "proxy_url holds a user name or a password; put it into credentials, as proxy_url there"
    : undefined;
}

/** A certificate may be seen, its key may not; people paste both into one text. */
function keyProblem(json: Json): string | undefined {
  if (json["client_key_pem"] !== undefined) {
    return "client_key_pem is a secret; put it into credentials";
  }
  const pem = json["client_cert_pem"];
  return typeof pem === "string" && pem.includes("PRIVATE KEY")
    ? "client_cert_pem holds a private key; put that into credentials, as client_key_pem"
    : undefined;
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/]/i.test(text) && URL.canParse(text);
}

function holdsUserinfo(url: string): boolean {
  const { username, password } = new URL(url);
  return username + password !== "";
}

function optionalInterval(value: unknown, name: string): Result<number | undefined> {
  if (value === undefined || value === null || value === "" || value === 0) return ok(undefined);
  const parsed = parseGoDuration(value);
  if (!parsed.ok) return err(`${name} ${parsed.error}`);
  return parsed.value > 0 ? parsed : err(`${name} must be longer than 0`);
}

/** Sources of a whole payload (the document's form: poll_interval and sources), each checked. The error names source and setting. */
export function readPayload(payload: unknown): Result<readonly SourceDraft[]> {
  const sources = isObject(payload) ? payload["sources"] : undefined;
  if (!isObject(payload) || !isObject(sources)) return err('the file has no "sources" object');
  const poll = optionalInterval(payload["poll_interval"], "poll_interval");
  if (!poll.ok) return poll;
  const drafts: SourceDraft[] = [];
  for (const [name, value] of Object.entries(sources)) {
    const draft = readSource(name, value, { pollInterval: payload["poll_interval"] });
    if (!draft.ok) return err(`source "${name}": ${draft.error}`);
    drafts.push(draft.value);
  }
  return ok(drafts);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A stored source with its credentials open, on its way to its agent. */
export interface ToldSource extends SourceDraft {
  readonly serviceId: string;
  readonly agentId: string;
  readonly partition: string;
}

/** One source of an agent's config_json. Intervals are always there: an original agent runs no source without. */
export function configEntry(source: ToldSource, gatewayId: string): Json {
  const credentials = Object.entries(source.credentials ?? {}).map(([key, secret]) => [
    key,
    secret.reveal(),
  ]);
  return {
    ...source.settings,
    type: source.type,
    endpoint: source.endpoint,
    credentials: Object.fromEntries(credentials) as Json,
    poll_interval: formatGoDuration(source.pollIntervalMs ?? POLL_INTERVAL_DEFAULT_MS),
    discovery_interval: formatGoDuration(
      source.discoveryIntervalMs ?? DISCOVERY_INTERVAL_DEFAULT_MS,
    ),
    agent_id: source.agentId,
    gateway_id: gatewayId,
    partition: source.partition,
    sync_service_id: source.serviceId,
  };
}
