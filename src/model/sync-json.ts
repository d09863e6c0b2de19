/**
 * sync.json of the original's standalone service (protocol facts 3.2 and 6): its sources have nearly the shape of today's payload. What
 * has a meaning here is taken over, what has none any more is told of, and what nobody knows stays with its source and is told of too.
 */
import { err, ok, type Result } from "../lib/result.ts";

type Json = Readonly<Record<string, unknown>>;

/** Something that was not taken over. */
interface LeftBehind {
  /** "sources.armis.prefix" */
  readonly member: string;
  readonly why: string;
}

/** A file as today's payload, and what is not in it. */
export interface MigratedSyncJson {
  readonly payload: {
    readonly poll_interval?: unknown;
    readonly sources: Readonly<Record<string, Json>>;
  };
  readonly leftBehind: readonly LeftBehind[];
}

const NO_SWEEP = "sweeps are not part of this product";
const NO_NORTHBOUND = "nothing is written back to the source";
const DECIDED = "the core decides it, by the agent that the source is given to";
const NO_KV = "there is no key-value store any more";
const NO_PORT = "the agent opens no port";
const AGENT_JSON = "a setting of the agent's own agent.json";

/** Members of the file itself that have no meaning any more. */
const FILE_MEMBERS: Readonly<Record<string, string>> = {
  listen_addr: NO_PORT,
  service_name: NO_PORT,
  service_type: NO_PORT,
  kv_address: NO_KV,
  kv_security: NO_KV,
  nats_url: NO_KV,
  nats_security: NO_KV,
  stream_name: NO_KV,
  subject: NO_KV,
  domain: NO_KV,
  security: AGENT_JSON,
  logging: AGENT_JSON,
  tls: AGENT_JSON,
  update_interval: NO_NORTHBOUND,
  sweep_interval: NO_SWEEP,
  agent_id: DECIDED,
  poller_id: DECIDED,
  gateway_id: DECIDED,
  partition: DECIDED,
  tenant_id: DECIDED,
  tenant_slug: DECIDED,
};
/** Members of a source alike. */
const SOURCE_MEMBERS: Readonly<Record<string, string>> = {
  prefix: NO_KV,
  sweep_interval: NO_SWEEP,
  custom_field: NO_NORTHBOUND,
  custom_fields: NO_NORTHBOUND,
  batch_size: NO_NORTHBOUND,
  agent_id: DECIDED,
  poller_id: DECIDED,
  gateway_id: DECIDED,
  partition: DECIDED,
  tenant_id: DECIDED,
  tenant_slug: DECIDED,
  sync_service_id: DECIDED,
};
/** Credentials that were switches. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  expand_subnets: NO_SWEEP,
  tcp_ports: NO_SWEEP,
  enable_status_updates: NO_NORTHBOUND,
};
/** Members that today's payload has too. */
const TAKEN: ReadonlySet<string> = new Set(
  "type endpoint credentials queries poll_interval discovery_interval network_blacklist insecure_skip_verify page_size".split(
    " ",
  ),
);

/** Makes today's payload of the file. The error says why it is no such file. */
export function migrateSyncJson(file: unknown): Result<MigratedSyncJson> {
  const sources = isObject(file) ? file["sources"] : undefined;
  if (!isObject(file) || !isObject(sources)) return err('has no "sources" object');
  const left: LeftBehind[] = [];
  const migrated = Object.entries(sources).map(([name, source]): [string, Json] => {
    if (!isObject(source)) return [name, {}];
    return [name, migrateSource(`sources.${name}`, { ...inherited(file), ...source }, left)];
  });
  for (const key of Object.keys(file)) {
    if (["sources", "poll_interval", "discovery_interval"].includes(key)) continue;
    const why = Object.hasOwn(FILE_MEMBERS, key) ? FILE_MEMBERS[key] : undefined;
    left.push({ member: key, why: why ?? "nobody here knows it" });
  }
  const poll = file["poll_interval"];
  const payload = {
    ...(poll === undefined ? {} : { poll_interval: poll }),
    sources: Object.fromEntries(migrated),
  };
  return ok({ payload, leftBehind: left });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The file's discovery interval was that of every source that said none; today's payload has none for all. */
function inherited({ discovery_interval: discovery }: Json): Json {
  return discovery === undefined ? {} : { discovery_interval: discovery };
}

function migrateSource(path: string, source: Json, left: LeftBehind[]): Json {
  const kept = Object.entries(source).filter(([key]) => {
    const why = SOURCE_MEMBERS[key];
    if (why !== undefined) left.push({ member: `${path}.${key}`, why });
    else if (!TAKEN.has(key)) {
      left.push({
        member: `${path}.${key}`,
        why: "nobody here knows it; it is kept with the source",
      });
    }
    return why === undefined;
  });
  const { credentials, queries, ...rest } = Object.fromEntries(kept);
  return {
    ...rest,
    ...(isObject(credentials) ? { credentials: migrateCredentials(path, credentials, left) } : {}),
    ...(Array.isArray(queries) ? { queries: migrateQueries(path, queries, left) } : {}),
  };
}

function migrateCredentials(path: string, credentials: Json, left: LeftBehind[]): Json {
  return Object.fromEntries(
    Object.entries(credentials).filter(([key]) => {
      const why = CREDENTIALS[key];
      if (why !== undefined) left.push({ member: `${path}.credentials.${key}`, why });
      return why === undefined;
    }),
  );
}

function migrateQueries(
  path: string,
  queries: readonly unknown[],
  left: LeftBehind[],
): readonly unknown[] {
  return queries.map((query, nth) => {
    if (!isObject(query)) return query;
    const { sweep_modes: modes, ...rest } = query;
    if (modes !== undefined) {
      left.push({ member: `${path}.queries[${nth}].sweep_modes`, why: NO_SWEEP });
    }
    return rest;
  });
}
