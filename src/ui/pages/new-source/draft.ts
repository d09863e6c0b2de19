/** A source as the reader writes it, and the document's payload that it makes. Pure. */
import { parseGoDuration } from "../../../lib/duration.ts";
import { CONCURRENT_MAX, isAnswerTimeout, RATE } from "../../../model/pace-bounds.ts";
import { sourceNameProblem } from "../../../model/source-name.ts";

/** Types that there is a connector for, with the words of each. */
export const SOURCE_TYPES = {
  netbox: {
    title: "NetBox",
    about: "Devices and virtual machines with their interfaces, addresses, sites and roles.",
    credential: "api_token",
    credentialTitle: "API token",
    credentialHint: "A token that may view devices, virtual machines, interfaces and addresses.",
    endpoint: "https://netbox.example.com",
    page: "250",
  },
  armis: {
    title: "Armis",
    about: "Every device that Armis sees in the network, with its risk and category.",
    credential: "secret_key",
    credentialTitle: "Secret key",
    credentialHint: "The secret key of an API user that may search.",
    endpoint: "https://my-armis-instance.armis.com",
    page: "1000",
  },
} as const;

/** One of them. */
export type SourceType = keyof typeof SOURCE_TYPES;

/** Everything that can be said of a source in the wizard; texts as they are typed. */
export interface Draft {
  readonly name: string;
  readonly type: SourceType;
  readonly agentId: string;
  readonly endpoint: string;
  readonly secret: string;
  readonly caPem: string;
  readonly isUnchecked: boolean;
  readonly proxyUrl: string;
  readonly noProxy: string;
  /** Armis: one AQL query a line. */
  readonly queries: string;
  /** What queries of a stored or pasted source are called, by the query. */
  readonly queryLabels: Readonly<Record<string, string>>;
  /** Networks whose devices are left out, one a line. */
  readonly blacklist: string;
  readonly pollInterval: string;
  readonly discoveryInterval: string;
  readonly pageSize: string;
  readonly rate: string;
  /** Requests at a time. */
  readonly concurrent: string;
  /** How long an answer may take to begin. */
  readonly answerTimeout: string;
  /** Members of a pasted payload that have no field here; they are kept. */
  readonly others: Readonly<Record<string, unknown>>;
  readonly otherCredentials: Readonly<Record<string, string>>;
}

/** What the wizard begins with. */
export const EMPTY_DRAFT: Draft = {
  name: "",
  type: "netbox",
  agentId: "",
  endpoint: "",
  secret: "",
  caPem: "",
  isUnchecked: false,
  proxyUrl: "",
  noProxy: "",
  queries: "",
  queryLabels: {},
  blacklist: "",
  pollInterval: "10m",
  discoveryInterval: "1h",
  pageSize: "",
  rate: "",
  concurrent: "",
  answerTimeout: "",
  others: {},
  otherCredentials: {},
};

/** What is wrong, by field; empty where nothing is. The core checks it all again. */
export type Wrong = Partial<Record<keyof Draft, string>>;

/** What is wrong with the name and the agent. */
export function wrongSystem({ name, agentId }: Draft, taken: readonly string[]): Wrong {
  return {
    ...wrongName(name.trim(), taken),
    ...(agentId === "" ? { agentId: "Choose the agent that reaches it." } : {}),
  };
}

/** The page's own address of the wizard. */
const WIZARD = "new";

function wrongName(name: string, taken: readonly string[]): Wrong {
  if (name === "") return { name: "Give the source a name." };
  const problem = sourceNameProblem(name);
  if (problem !== undefined) return { name: `A name ${problem}.` };
  if (name === WIZARD) return { name: `"${WIZARD}" is this page's address; add a word to it.` };
  return taken.includes(name) ? { name: `There is a source "${name}" already.` } : {};
}

/** What is wrong with the connection. A stored secret need not be given again. */
export function wrongConnection(draft: Draft, isSecretStored: boolean): Wrong {
  const { endpoint, secret, type, proxyUrl, otherCredentials } = draft;
  const isMissing = secret.trim() === "" && Object.keys(otherCredentials).length === 0;
  return {
    ...(isUrl(endpoint) ? {} : { endpoint: "An address such as https://host.example.com" }),
    ...(isMissing && !isSecretStored
      ? { secret: `${SOURCE_TYPES[type].title} needs its ${SOURCE_TYPES[type].credentialTitle}.` }
      : {}),
    ...(proxyUrl === "" || isUrl(proxyUrl) ? {} : { proxyUrl: "An http or https address" }),
  };
}

/** What is wrong with scope and intervals. */
export function wrongScope(draft: Draft): Wrong {
  const { pollInterval, discoveryInterval, pageSize, rate, concurrent, answerTimeout } = draft;
  const isRate = rate === "" || (Number(rate) >= RATE.min && Number(rate) <= RATE.max);
  const isCount = /^\d*$/.test(concurrent) && Number(concurrent || 1) >= 1;
  return {
    ...wrongInterval("pollInterval", pollInterval),
    ...wrongInterval("discoveryInterval", discoveryInterval),
    ...(/^\d*$/.test(pageSize) ? {} : { pageSize: "A whole number" }),
    ...(isRate ? {} : { rate: `A number from ${RATE.min} to ${RATE.max}` }),
    ...(isCount && Number(concurrent) <= CONCURRENT_MAX
      ? {}
      : { concurrent: `A whole number from 1 to ${CONCURRENT_MAX}` }),
    ...wrongTimeout(answerTimeout.trim()),
  };
}

function wrongInterval(field: "pollInterval" | "discoveryInterval", text: string): Wrong {
  const parsed = parseGoDuration(text);
  return parsed.ok && parsed.value > 0 ? {} : { [field]: "A duration such as 10m or 1h30m" };
}

function wrongTimeout(text: string): Wrong {
  if (text === "") return {};
  const parsed = parseGoDuration(text);
  return parsed.ok && isAnswerTimeout(parsed.value)
    ? {}
    : { answerTimeout: "A duration from 1s to 10m" };
}

function isUrl(text: string): boolean {
  return /^https?:\/\/[^/]/i.test(text.trim()) && URL.canParse(text.trim());
}

/** The payload of the document with this one source. Members that say nothing are left out. */
export function payloadOf(draft: Draft): { readonly sources: Readonly<Record<string, object>> } {
  const { type, secret, isUnchecked, pageSize, rate, concurrent } = draft;
  const name = SOURCE_TYPES[type].credential;
  const credentials = {
    ...draft.otherCredentials,
    ...(secret.trim() === "" ? {} : { [name]: secret.trim() }),
  };
  const source = {
    ...draft.others,
    type,
    endpoint: draft.endpoint.trim(),
    ...(Object.keys(credentials).length === 0 ? {} : { credentials }),
    poll_interval: draft.pollInterval.trim(),
    discovery_interval: draft.discoveryInterval.trim(),
    ...textMember("ca_pem", draft.caPem),
    ...(isUnchecked ? { insecure_skip_verify: true } : {}),
    ...textMember("proxy_url", draft.proxyUrl),
    ...textMember("no_proxy", draft.noProxy),
    ...listMember("network_blacklist", linesOf(draft.blacklist)),
    ...listMember(
      "queries",
      linesOf(draft.queries).map((query, at) => ({
        label: Object.hasOwn(draft.queryLabels, query)
          ? draft.queryLabels[query]
          : `query ${at + 1}`,
        query,
      })),
    ),
    ...(pageSize === "" ? {} : { page_size: Number(pageSize) }),
    ...(rate === "" ? {} : { requests_per_second: Number(rate) }),
    ...(concurrent === "" ? {} : { concurrent_requests: Number(concurrent) }),
    ...textMember("answer_timeout", draft.answerTimeout),
  };
  return { sources: { [draft.name.trim()]: source } };
}

/** What changes a stored source from one draft into another: members of the payload; null takes one away. */
export function patchOf(before: Draft, after: Draft): Readonly<Record<string, unknown>> {
  const [from, to] = [membersOf(before), membersOf(after)];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const changed = names.filter((name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]));
  return {
    ...Object.fromEntries(changed.map((name) => [name, to[name] ?? null])),
    ...(before.agentId === after.agentId ? {} : { agent_id: after.agentId }),
  };
}

function membersOf(draft: Draft): Readonly<Record<string, unknown>> {
  const [members = {}] = Object.values(payloadOf({ ...draft, name: "source" }).sources);
  return members as Readonly<Record<string, unknown>>;
}

function textMember(name: string, text: string): Readonly<Record<string, string>> {
  return text.trim() === "" ? {} : { [name]: text.trim() };
}

function listMember(name: string, list: readonly unknown[]): Readonly<Record<string, unknown>> {
  return list.length === 0 ? {} : { [name]: list };
}

function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
