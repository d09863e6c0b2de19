import { err, ok, type Result } from "../lib/result.ts";

/** Strings by key, as the wire has them; a key without a value is absent, never "". */
export type Metadata = Readonly<Record<string, string>>;

/**
 * One observation of one device, as it travels in the JSON arrays of StreamStatus. Field meanings:
 * docs/wire.md. Unknown top-level members are kept in the stored payload and shown, but not read here.
 */
export interface DeviceUpdate {
  /** Never an identity, unless it is an `sr:` id that we issued. */
  readonly deviceId?: string;
  readonly ip?: string;
  /** May be a list separated by commas. */
  readonly mac?: string;
  readonly hostname?: string;
  /** System that saw it: "netbox", "armis", "sweep", … */
  readonly source: string;
  /** Blank or absent means the certificate's. */
  readonly partition?: string;
  /** The collector, never the device. */
  readonly agentId?: string;
  readonly gatewayId?: string;
  /** Event time, milliseconds since 1970 UTC. */
  readonly timestampMs: number;
  /** Absent means unknown, never false. */
  readonly isAvailable?: boolean;
  readonly metadata: Metadata;
  /** Values that change while the device stays as it is; left out of the comparison that finds a record unchanged. */
  readonly volatile?: Metadata;
  readonly syncMeta?: SyncMeta;
}

/** Numbering of a whole run, carried by the first entry of each of our chunks (by every entry of the original's). */
export interface SyncMeta {
  readonly syncServiceId?: string;
  readonly syncRunId?: string;
  readonly chunkIndex?: number;
  readonly totalChunks?: number;
  readonly totalDevices?: number;
  readonly isFinal?: boolean;
}

/** Longest text kept of a field that is matched or indexed; a PostgreSQL index row holds 2,704 bytes. */
const TEXT_MAX = 2_000;
/** Longest text of any other metadata value; beyond it the entry is rejected, not cut. */
const METADATA_VALUE_MAX = 262_144;
/** Most metadata keys of one entry: the original sends under 40. */
const METADATA_KEYS_MAX = 1_000;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads one entry of a chunk. Lenient where the original's peers are loose (numbers and booleans in
 * metadata become text, null is absent), strict where a guess could merge strangers.
 * The error says which field and why.
 */
export function parseDeviceUpdate(entry: unknown, receivedMs: number): Result<DeviceUpdate> {
  if (!isObject(entry)) return err("entry is not a JSON object");
  const update = readTexts(entry);
  const tooLong = BOUNDED.find(([key]) => (update[key]?.length ?? 0) > TEXT_MAX);
  if (tooLong !== undefined) return err(`${tooLong[1]} is longer than ${TEXT_MAX} characters`);
  const time = parseTime(entry["timestamp"], receivedMs);
  if (!time.ok) return time;
  update.timestampMs = time.value;
  const metadata = parseMetadata(entry["metadata"], "metadata");
  if (!metadata.ok) return metadata;
  update.metadata = metadata.value;
  const isAvailable = availability(entry["is_available"]);
  if (isAvailable !== undefined) update.isAvailable = isAvailable;
  if (entry["volatile"] !== undefined) {
    const volatile = parseMetadata(entry["volatile"], "volatile");
    if (!volatile.ok) return volatile;
    if (Object.keys(volatile.value).length > 0) update.volatile = volatile.value;
  }
  const syncMeta = parseSyncMeta(entry["sync_meta"]);
  if (syncMeta !== undefined) update.syncMeta = syncMeta;
  return ok(update);
}

/** While it is read: a member at a time costs a third of objects that are spread into each other. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Texts whose length is bounded, by name on the wire. A list of MACs may be long; collectors' ids are not matched. */
const BOUNDED = [
  ["deviceId", "device_id"],
  ["ip", "ip"],
  ["hostname", "hostname"],
  ["source", "source"],
  ["partition", "partition"],
] as const;

/** Its texts; time and metadata are yet to be read. */
function readTexts(entry: Json): Writable<DeviceUpdate> {
  const source = text(entry["source"]) ?? "unknown";
  const update: Writable<DeviceUpdate> = { source, timestampMs: 0, metadata: NO_METADATA };
  const deviceId = text(entry["device_id"]);
  if (deviceId !== undefined) update.deviceId = deviceId;
  const ip = text(entry["ip"]);
  if (ip !== undefined) update.ip = ip;
  const mac = text(entry["mac"]);
  if (mac !== undefined) update.mac = mac;
  const hostname = text(entry["hostname"]);
  if (hostname !== undefined) update.hostname = hostname;
  const partition = text(entry["partition"]);
  if (partition !== undefined) update.partition = partition;
  const agentId = text(entry["agent_id"]);
  if (agentId !== undefined) update.agentId = agentId;
  const gatewayId = text(entry["gateway_id"]);
  if (gatewayId !== undefined) update.gatewayId = gatewayId;
  return update;
}

const NO_METADATA: Metadata = {};

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A trimmed, non-empty text free of NUL (which PostgreSQL cannot store), else undefined. */
function text(value: unknown): string | undefined {
  const plain = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof plain !== "string") return undefined;
  if (isPlain(plain)) return plain;
  const trimmed = (plain.includes("\0") ? plain.replaceAll("\0", "") : plain).trim();
  return trimmed === "" ? undefined : trimmed;
}

/** A text that is taken as it stands, as nearly all are. */
function isPlain(value: string): boolean {
  const last = value.length - 1;
  return (
    last >= 0 &&
    isInk(value.charCodeAt(0)) &&
    isInk(value.charCodeAt(last)) &&
    !value.includes("\0")
  );
}

/** ASCII, and no white space. */
function isInk(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

function availability(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  return value === "true" || value === "false" ? value === "true" : undefined;
}

/** Date.parse without a time zone reads the server's own; a naive time is UTC here. */
const NAIVE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?$/;

/** An entry's event time; `receivedMs` stands in where it has none. */
export function parseTime(value: unknown, receivedMs: number): Result<number> {
  if (value === undefined || value === null || value === "") return ok(receivedMs);
  if (typeof value !== "string") return err("timestamp is not an RFC 3339 text");
  const ms = Date.parse(NAIVE_TIME.test(value) ? `${value.replace(" ", "T")}Z` : value);
  return Number.isNaN(ms) ? err(`timestamp "${value.slice(0, 40)}" is not RFC 3339`) : ok(ms);
}

function parseMetadata(value: unknown, name: "metadata" | "volatile"): Result<Metadata> {
  if (value === undefined || value === null) return ok(NO_METADATA);
  if (!isObject(value)) return err(`${name} is not a JSON object`);
  const keys = Object.keys(value);
  if (keys.length > METADATA_KEYS_MAX) {
    return err(`${name} has more than ${METADATA_KEYS_MAX} keys`);
  }
  if (keys.every((key) => isPlainValue(value[key]) && key !== "__proto__")) {
    return ok(value as Metadata);
  }
  const metadata: Record<string, string> = {};
  for (const key of keys) {
    // Set under Node it would be dropped (or be the object's prototype), under Deno it would be a member.
    if (key === "__proto__") continue;
    const raw = value[key];
    const plain = typeof raw === "object" && raw !== null ? JSON.stringify(raw) : text(raw);
    if (plain === undefined) continue;
    if (plain.length > METADATA_VALUE_MAX) {
      return err(`${name}.${key.slice(0, 64)} is longer than ${METADATA_VALUE_MAX} characters`);
    }
    metadata[key] = plain;
  }
  return ok(metadata);
}

/** A value that stands in metadata as it came. */
function isPlainValue(value: unknown): boolean {
  return typeof value === "string" && value.length <= METADATA_VALUE_MAX && isPlain(value);
}

/** The wire's int32, and PostgreSQL's int. */
const COUNT_MAX = 2 ** 31 - 1;
/** Ids are keys of an index, whose rows hold 2,704 bytes; ours and the original's are uuids. */
const ID_MAX = 512;

/** Reads a sync_meta; anything malformed in it counts as absent, as in the original. */
export function parseSyncMeta(value: unknown): SyncMeta | undefined {
  if (!isObject(value)) return undefined;
  const count = (raw: unknown): number | undefined =>
    Number.isInteger(raw) && (raw as number) >= 0 && (raw as number) <= COUNT_MAX
      ? (raw as number)
      : undefined;
  const id = (raw: unknown): string | undefined => {
    const read = text(raw);
    return read === undefined || read.length > ID_MAX ? undefined : read;
  };
  const meta = {
    ...optional("syncServiceId", id(value["sync_service_id"])),
    ...optional("syncRunId", id(value["sync_run_id"])),
    ...optional("chunkIndex", count(value["chunk_index"])),
    ...optional("totalChunks", count(value["total_chunks"])),
    ...optional("totalDevices", count(value["total_devices"])),
    ...(typeof value["is_final"] === "boolean" ? { isFinal: value["is_final"] } : {}),
  };
  return Object.keys(meta).length === 0 ? undefined : meta;
}

/** A blank or absent partition is "default" (original's rule; on the gateway the certificate's stands instead). */
export const DEFAULT_PARTITION = "default";

/** Source instance of agents' own hosts: one for a tenant, because an agent id is unique in it. No source can be called so: theirs are uuids. */
export const AGENT_INSTANCE = "agents";
