/**
 * Whose value stands: for every attribute the candidates of a device's records, ordered by the rank of the source for that
 * attribute, then by how lately the record came to say what it says, then record key (identity facts 4.7). Pure, and cheap
 * enough to be asked again when a device is shown, so provenance and the losing values need no storage.
 *
 * Time of the last sighting is no criterion: two sources that are polled in turn would win in turn, and every run that found
 * nothing new would have to publish again. A record that its source no longer lists is left out before.
 */
import type { DeviceUpdate } from "../model/device-update.ts";
import { parseIpList } from "../model/ip.ts";
import { formatMac, parseMacList } from "../model/mac.ts";
import { compareKeys, type Node } from "./node.ts";
import { deviceTypeOf } from "./ocsf.ts";
import { isSerial } from "./values.ts";

/** Attributes that are decided one by one. */
const FIELDS = [
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
  /** First event time of what the record says now. */
  readonly sinceMs: number;
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
/** Who observes the network knows where a device is now; a sweep knows only that an address answers. */
const OBSERVED_RANK: Readonly<Record<string, number>> = {
  agent: 40,
  armis: 30,
  snmp: 20,
  mapper: 20,
  sweep: -1,
};
const AVAILABLE_RANK: Readonly<Record<string, number>> = {
  sweep: 40,
  agent: 30,
  snmp: 20,
  mapper: 20,
  armis: 10,
};
/** Registries know what a device is and whose; the maker's number comes before what a sensor read of it. */
const REGISTERED_RANK: Readonly<Record<string, number>> = { cmdb: 40, servicenow: 40, netbox: 30 };
const HOST_RANK: Readonly<Record<string, number>> = {
  agent: 40,
  cmdb: 30,
  servicenow: 30,
  netbox: 20,
  armis: 10,
};
const RANKS: Partial<Readonly<Record<Field, Readonly<Record<string, number>>>>> = {
  ip: OBSERVED_RANK,
  mac: OBSERVED_RANK,
  risk_score: OBSERVED_RANK,
  is_available: AVAILABLE_RANK,
  serial: REGISTERED_RANK,
  site: REGISTERED_RANK,
  owner: REGISTERED_RANK,
  hostname: HOST_RANK,
};

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
    .flatMap(({ node, update, sinceMs }) => {
      const value = readField(field, update);
      return value === undefined
        ? []
        : [{ node, sinceMs, source: update.source.toLowerCase(), value }];
    })
    .toSorted(
      (a, b) =>
        rank(field, b.source) - rank(field, a.source) ||
        b.sinceMs - a.sinceMs ||
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
  return RANKS[field]?.[source] ?? CONFIDENCE[source] ?? 1;
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
  serial: ({ metadata }) => [metadata["serial"], metadata["serial_number"]].find(isSerial),
  risk_score: ({ metadata }) => metadata["armis_risk_level"] ?? metadata["risk_score"],
  is_available: ({ isAvailable }) => (isAvailable === undefined ? undefined : String(isAvailable)),
};

function readField(field: Field, update: DeviceUpdate): string | undefined {
  const value = READ[field](update);
  if (field !== "type" || value === undefined) return value;
  return deviceTypeOf(value) === undefined ? undefined : value;
}
