import { isoTime } from "../lib/clock.ts";
import { isUsableIp, parseIpList, type Ip } from "../model/ip.ts";
import { formatMac, parseMacList, type Mac } from "../model/mac.ts";
import type { SourceDevice } from "./source.ts";

/** A record of Armis' answers as JSON gives it. */
export type ArmisRecord = Readonly<Record<string, unknown>>;

/** The fields that are asked for and read below. Armis drops a name it does not know without a word. */
export const ARMIS_FIELDS = [
  "id",
  "ipAddress",
  "ipv6",
  "macAddress",
  "name",
  "names",
  "type",
  "category",
  "manufacturer",
  "model",
  "operatingSystem",
  "operatingSystemVersion",
  "serialNumber",
  "riskLevel",
  "site",
  "boundaries",
  "tags",
  "firstSeen",
  "lastSeen",
] as const;

/** What is known of a record besides its own fields. */
export interface ArmisFinding {
  readonly id: number;
  /** Labels of the queries that found it. */
  readonly labels: readonly string[];
  /** From armisIps. */
  readonly ips: readonly Ip[];
}

/** A record's addresses that say who holds them, those of `ipAddress` first. Both fields may be comma lists. */
export function armisIps(record: ArmisRecord): readonly Ip[] {
  const addresses = [...words(record["ipAddress"]), ...words(record["ipv6"])];
  return parseIpList(addresses.join(",")).filter(isUsableIp);
}

/**
 * Reads a record as a device. No `integration_id`: it would only repeat the Armis id under a key that other systems
 * fill with numbers of their own, and the canonical id rule hashes every key that is present, so that ids would differ
 * from those of the agent whose metadata this follows (docs/sources/armis.md). No `is_available`: that Armis saw a
 * device of late does not say that it answers now.
 */
export function toSourceDevice(record: ArmisRecord, finding: ArmisFinding): SourceDevice {
  const { id, ips, labels } = finding;
  const macs = macsOf(record["macAddress"]);
  // Armis moves it with nearly every sighting, so that as metadata it would make every record a changed one.
  const volatile = present({ armis_last_seen: timeOf(record["lastSeen"]) });
  return {
    ...present({ ip: ips[0], mac: macs[0], hostname: nameOf(record) }),
    metadata: present({
      armis_device_id: String(id),
      integration_type: "armis",
      query_label: list(labels),
      ...described(record),
      all_ips: list(ips),
      all_macs: macs.length > 1 ? list(macs) : undefined,
    }),
    ...(Object.keys(volatile).length === 0 ? {} : { volatile }),
  };
}

type Texts = Readonly<Record<string, string | undefined>>;

function described(record: ArmisRecord): Texts {
  return {
    serial: text(record["serialNumber"]),
    manufacturer: text(record["manufacturer"]),
    model: text(record["model"]),
    os: osOf(record),
    site: named(record["site"])[0],
    armis_type: text(record["type"]),
    armis_category: text(record["category"]),
    armis_risk_level: riskOf(record["riskLevel"]),
    armis_boundaries: list(named(record["boundaries"])),
    armis_tags: list(words(record["tags"])),
    armis_first_seen: timeOf(record["firstSeen"]),
  };
}

function present(texts: Texts): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(texts)) {
    if (value !== undefined && value !== "") kept[name] = value;
  }
  return kept;
}

function list(texts: readonly string[]): string {
  return [...new Set(texts)].join(",");
}

/** What Armis and the systems it asks write for "we do not know". */
const NOTHING = /^(|unknown|none|null|n\/a|-+)$/i;

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  const trimmed = typeof value === "string" ? value.trim() : "";
  return NOTHING.test(trimmed) ? undefined : trimmed;
}

/** A field that is a text in one record and a list of texts in the next. */
function words(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).flatMap((item: unknown) => text(item) ?? []);
}

/** Names in a field that is a text, an object with a name, or a list of either. */
function named(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).flatMap((item: unknown) => {
    const isObject = typeof item === "object" && item !== null;
    return text(isObject ? (item as ArmisRecord)["name"] : item) ?? [];
  });
}

/** All-zero and all-one are blanks that some sensors send; everything else is for DIRE to weigh. */
const NOBODYS_MACS: ReadonlySet<string> = new Set(["000000000000", "FFFFFFFFFFFF"]);

function macsOf(value: unknown): readonly string[] {
  const isSomebodys = (mac: Mac): boolean => !NOBODYS_MACS.has(mac);
  return parseMacList(words(value).join(",")).filter(isSomebodys).map(formatMac);
}

/** Commas join names only where every part could be a host's: "Smith, John" is one name of one phone. */
const HOST_NAMES = /^[\w.-]+(\s*,\s*[\w.-]+)+$/;

function nameOf(record: ArmisRecord): string | undefined {
  const [first] = [...words(record["name"]), ...words(record["names"])];
  return first !== undefined && HOST_NAMES.test(first) ? first.split(",")[0]?.trim() : first;
}

/** "Windows" and "10" make "Windows 10"; some sensors write the version into the name as well. */
function osOf(record: ArmisRecord): string | undefined {
  const name = text(record["operatingSystem"]);
  const version = text(record["operatingSystemVersion"]);
  if (name === undefined || version === undefined) return name;
  return name.endsWith(version) ? name : `${name} ${version}`;
}

/** As Armis has it: its scale is not one (5 in one public record, 80 in another). 0 is "not assessed". */
function riskOf(value: unknown): string | undefined {
  const level = text(value);
  return level === "0" ? undefined : level;
}

/** Shorter than this since 1970 is no time of a device. */
const YEAR_MS = 365 * 86_400_000;
const HAS_ZONE = /(z|[+-]\d{2}:?\d{2})$/i;

/** In UTC with milliseconds; a time without zone is taken as UTC. Years before 1971 stand for "never". */
function timeOf(value: unknown): string | undefined {
  const written = text(value);
  if (written === undefined) return undefined;
  const ms = Date.parse(HAS_ZONE.test(written) ? written : `${written}Z`);
  return Number.isNaN(ms) || ms < YEAR_MS ? undefined : isoTime(ms);
}
