/** A pasted payload, of today's form or of an old sync.json, as drafts. Pure. */
import { err, ok, type Result } from "../../../lib/result.ts";
import { migrateSyncJson } from "../../../model/sync-json.ts";
import type { Source } from "../../calls/sources.ts";
import { EMPTY_DRAFT, SOURCE_TYPES, type Draft, type SourceType } from "./draft.ts";

/** What was found. */
export interface Pasted {
  readonly drafts: readonly Draft[];
  /** What was not taken over, in words. */
  readonly left: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** Members of a source that the wizard has fields for. */
const OWN: ReadonlySet<string> = new Set([
  "type",
  "endpoint",
  "credentials",
  "poll_interval",
  "discovery_interval",
  "ca_pem",
  "insecure_skip_verify",
  "proxy_url",
  "no_proxy",
  "network_blacklist",
  "queries",
  "page_size",
  "requests_per_second",
  "concurrent_requests",
  "answer_timeout",
]);

/** Reads it. The error says what to paste. */
export function readPaste(text: string): Result<Pasted> {
  const json = parsed(text);
  if (json === undefined) return err("This is no JSON. Paste the whole text, from { to }.");
  const migrated = migrateSyncJson(json);
  if (!migrated.ok) return err(`Nothing can be taken from it: ${migrated.error}`);
  const { payload, leftBehind } = migrated.value;
  const read = Object.entries(payload.sources).map(([name, source]) => ({
    name,
    draft: draftOf(name, source, payload.poll_interval),
  }));
  const drafts = read.flatMap(({ draft }) => (draft === undefined ? [] : [draft]));
  const unknown = read
    .filter(({ draft }) => draft === undefined)
    .map(({ name }) => `${name}: its type is none of ${Object.keys(SOURCE_TYPES).join(", ")}`);
  if (drafts.length === 0) return err(`It has no source that can be used. ${unknown.join("; ")}`);
  return ok({
    drafts,
    left: [...unknown, ...leftBehind.map((one) => `${one.member}: ${one.why}`)],
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A source that is stored, as a draft; its credentials are not shown to anybody. Undefined: of a type that the page does not know. */
export function draftOfSource(source: Source): Draft | undefined {
  const { name, type, endpoint, poll_interval, discovery_interval, settings } = source;
  const payload = { ...settings, type, endpoint, poll_interval, discovery_interval };
  const draft = draftOf(name, payload, undefined);
  return draft === undefined ? undefined : { ...draft, agentId: source.agent_id };
}

function draftOf(name: string, source: Json, pollDefault: unknown): Draft | undefined {
  const type = word(source["type"]).toLowerCase();
  if (!isType(type)) return undefined;
  const { [SOURCE_TYPES[type].credential]: secret = "", ...otherCredentials } = texts(
    source["credentials"],
  );
  return {
    ...EMPTY_DRAFT,
    name,
    type,
    endpoint: word(source["endpoint"]),
    secret,
    otherCredentials,
    pollInterval: word(source["poll_interval"] ?? pollDefault) || EMPTY_DRAFT.pollInterval,
    discoveryInterval: word(source["discovery_interval"]) || EMPTY_DRAFT.discoveryInterval,
    caPem: word(source["ca_pem"]),
    isUnchecked: source["insecure_skip_verify"] === true,
    proxyUrl: word(source["proxy_url"]),
    noProxy: word(source["no_proxy"]),
    blacklist: list(source["network_blacklist"]).map(word).join("\n"),
    queries: list(source["queries"]).map(queryText).join("\n"),
    queryLabels: labelsOf(list(source["queries"])),
    pageSize: word(source["page_size"]),
    rate: word(source["requests_per_second"]),
    concurrent: word(source["concurrent_requests"]),
    answerTimeout: word(source["answer_timeout"]),
    others: Object.fromEntries(Object.entries(source).filter(([member]) => !OWN.has(member))),
  };
}

function isType(type: string): type is SourceType {
  return type in SOURCE_TYPES;
}

function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function queryText(query: unknown): string {
  return typeof query === "object" && query !== null ? word((query as Json)["query"]) : word(query);
}

/** What queries are called, by the text that stands in the field; a query that is there twice has the first name. */
function labelsOf(queries: readonly unknown[]): Readonly<Record<string, string>> {
  const named = queries.flatMap((one) => {
    const label = typeof one === "object" && one !== null ? word((one as Json)["label"]) : "";
    return label === "" ? [] : [[queryText(one).trim(), label] as const];
  });
  return Object.fromEntries(named.toReversed());
}

function texts(value: unknown): Readonly<Record<string, string>> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([name, text]) => [name, word(text)]));
}
