/**
 * Whose value stands: for every attribute the candidates of a device's records, ordered by the rank of the source for that
 * attribute, then event time, then record key (identity facts 4.7). Pure, and cheap enough to be asked again when a
 * device is shown, so provenance and the losing values need no storage.
 */
import type { DeviceUpdate } from "../model/device-update.ts";
import { parseIpList } from "../model/ip.ts";
import { formatMac, parseMacList } from "../model/mac.ts";
import { compareKeys, type Node } from "./node.ts";
import { deviceTypeOf } from "./ocsf.ts";
import { parseSerial } from "./values.ts";

/** Attributes that are decided one by one. */
export const FIELDS = [
  "ip",
  "mac",
  "hostname",
  "type",
  "vendor_name",
  "model",
  "os",
  "site",
  "owner",
  "serial",
  "risk_score",
  "is_available",
] as const;

/** Name of an attribute. */
export type Field = (typeof FIELDS)[number];

/** A record of a device with the update it shows now. */
export interface Witness {
  readonly node: Node;
  readonly update: DeviceUpdate;
}

/** What one record says of one attribute. */
export interface Candidate {
  readonly value: string;
  readonly recordNo: number;
  readonly instance: string;
  readonly source: string;
  readonly seenMs: number;
}

/** The value that stands and those that lost, best first. */
export interface Survivor {
  readonly winner: Candidate;
  readonly losers: readonly Candidate[];
}

/** The original's confidence of sources; unknown sources rank last. */
const CONFIDENCE: Readonly<Record<string, number>> = {
  manual: 10,
  snmp: 9,
  agent: 8,
  mapper: 8,
  "self-reported": 8,
  serviceradar: 8,
  armis: 7,
  netbox: 7,
  integration: 7,
  cmdb: 7,
  servicenow: 7,
  netflow: 6,
  sysmon: 6,
  sweep: 5,
  sighting: 5,
};
/** Observers of the network know where a device is now; registries know what it is and whose. */
const OBSERVED: ReadonlySet<Field> = new Set(["ip", "mac", "is_available", "risk_score"]);
const REGISTERED: ReadonlySet<Field> = new Set(["serial", "site", "owner"]);
const OBSERVERS = new Set(["armis", "agent", "sweep", "mapper", "snmp"]);
const REGISTRIES = new Set(["netbox", "cmdb", "servicenow"]);
const HOST_RANK: Readonly<Record<string, number>> = {
  agent: 4,
  cmdb: 3,
  servicenow: 3,
  netbox: 2,
  armis: 1,
};
/** Lifts the sources that a rule names above all others of that attribute. */
const PREFERRED = 100;

/** The surviving value of every attribute that any record knows. */
export function survive(witnesses: readonly Witness[]): ReadonlyMap<Field, Survivor> {
  const survivors = new Map<Field, Survivor>();
  for (const field of FIELDS) {
    const [winner, ...losers] = candidatesOf(field, witnesses);
    if (winner !== undefined) survivors.set(field, { winner, losers });
  }
  return survivors;
}

function candidatesOf(field: Field, witnesses: readonly Witness[]): Candidate[] {
  return witnesses
    .flatMap(({ node, update }) => {
      const value = readField(field, update);
      return value === undefined ? [] : [{ node, source: update.source.toLowerCase(), value }];
    })
    .toSorted(
      (a, b) =>
        rank(field, b.source) - rank(field, a.source) ||
        b.node.lastMs - a.node.lastMs ||
        compareKeys(a.node.key, b.node.key),
    )
    .map(({ node, source, value }) => ({
      value,
      source,
      recordNo: node.recordNo,
      instance: node.key.instance,
      seenMs: node.lastMs,
    }));
}

function rank(field: Field, source: string): number {
  if (field === "hostname") return HOST_RANK[source] ?? 0;
  if (OBSERVED.has(field) && OBSERVERS.has(source)) return PREFERRED;
  if (REGISTERED.has(field) && REGISTRIES.has(source)) return PREFERRED;
  return CONFIDENCE[source] ?? 1;
}

const READ: Readonly<Record<Field, (update: DeviceUpdate) => string | undefined>> = {
  ip: ({ ip }) => (ip === undefined ? undefined : parseIpList(ip)[0]),
  mac: ({ mac }) => {
    const first = mac === undefined ? undefined : parseMacList(mac)[0];
    return first === undefined ? undefined : formatMac(first);
  },
  hostname: ({ hostname }) => hostname,
  type: ({ metadata }) =>
    metadata["armis_type"] ??
    metadata["armis_category"] ??
    metadata["role"] ??
    metadata["device_type"] ??
    metadata["type"],
  vendor_name: ({ metadata }) =>
    metadata["manufacturer"] ?? metadata["vendor_name"] ?? metadata["vendor"],
  model: ({ metadata }) => metadata["model"],
  os: ({ metadata }) => metadata["os"] ?? metadata["operating_system"],
  site: ({ metadata }) => metadata["site"],
  owner: ({ metadata }) => metadata["owner"],
  serial: ({ metadata }) => parseSerial(metadata["serial"] ?? metadata["serial_number"]),
  risk_score: ({ metadata }) => metadata["armis_risk_level"] ?? metadata["risk_score"],
  is_available: ({ isAvailable }) => (isAvailable === undefined ? undefined : String(isAvailable)),
};

function readField(field: Field, update: DeviceUpdate): string | undefined {
  const value = READ[field](update);
  if (field !== "type" || value === undefined) return value;
  return deviceTypeOf(value) === undefined ? undefined : value;
}
