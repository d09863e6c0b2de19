import type { FleetDevice } from "./fleet.ts";

type ArmisRecord = Record<string, unknown>;

/** What Armis itself adds to a device: its own number and when it saw it. */
export interface ArmisSighting {
  readonly id: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** A device as Armis v1 words it: lists joined by commas, null where it knows nothing (examples in docs/sources/armis.md). */
export function toArmisRecord(device: FleetDevice, sighting: ArmisSighting): ArmisRecord {
  const { id } = sighting;
  return {
    accessSwitch: null,
    boundaries: id % 9 === 0 ? null : "Corporate",
    category: device.category,
    dataSources: [{ name: "Traffic Inspection", types: ["Traffic Inspection", "Data Analysis"] }],
    firmwareVersion: null,
    firstSeen: instant(sighting.firstSeenMs),
    id,
    ipAddress: list(device.ips.filter((ip) => !ip.includes(":"))),
    ipv6: list(device.ips.filter((ip) => ip.includes(":"))),
    lastSeen: instant(sighting.lastSeenMs),
    macAddress: list(device.macs),
    manufacturer: device.manufacturer,
    model: device.model,
    name: device.name === "" ? null : device.name,
    names: device.name,
    operatingSystem: device.osName === "" ? null : device.osName,
    operatingSystemVersion: device.osVersion === "" ? null : device.osVersion,
    purdueLevel: 4,
    riskLevel: device.risk,
    sensor: { name: `${device.site} sensor`, type: "Collector" },
    serialNumber: device.serial === "" ? null : device.serial,
    site: { location: device.location, name: device.site },
    tags: ["Corporate", ...(device.risk > 7 ? ["High Risk"] : [])],
    type: device.type,
    user: "",
    visibility: "Full",
  };
}

function list(values: readonly string[]): string | null {
  return values.length === 0 ? null : values.join(",");
}

/** Armis writes microseconds and an offset. */
function instant(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000+00:00");
}

const FLAWS = {
  id_unreadable: (record: ArmisRecord): unknown => ({
    ...record,
    id: `lost-${String(record["id"])}`,
  }),
  id_missing: (record: ArmisRecord): unknown => ({ ...record, id: undefined }),
  not_an_object: (): unknown => "record lost",
  risk_as_text: (record: ArmisRecord): unknown => ({
    ...record,
    riskLevel: String(record["riskLevel"]),
  }),
  first_seen_empty: (record: ArmisRecord): unknown => ({ ...record, firstSeen: "" }),
  all_null: (record: ArmisRecord): unknown => ({
    ...Object.fromEntries(Object.keys(record).map((key) => [key, null])),
    id: record["id"],
  }),
  junk_addresses: (record: ArmisRecord): unknown => ({
    ...record,
    ipAddress: "169.254.3.4, 0.0.0.0",
    ipv6: "fe80::1%eth0",
    macAddress: "00:00:00:00:00:00, unknown",
  }),
  blanks: (record: ArmisRecord): unknown => ({ ...record, name: "  ", model: "", tags: null }),
} as const;

/** A way in which a record can be wrong; the first three leave nothing to send. */
export type ArmisFlaw = keyof typeof FLAWS;

/** All flaws, for tests that go through them. */
export const ARMIS_FLAWS = Object.keys(FLAWS) as readonly ArmisFlaw[];

/** The record with its flaw. */
export function flawed(record: ArmisRecord, flaw: ArmisFlaw | undefined): unknown {
  return flaw === undefined ? record : FLAWS[flaw](record);
}
