import type { DeviceUpdate, Metadata } from "../model/device-update.ts";
/** What one record says of every attribute of its device. Pure. */
import { parseIp, type Ip, isUsableIp } from "../model/ip.ts";
import { firstWritten } from "../model/mac.ts";
import { classify, type Claim } from "./classify.ts";
import type { EnrichmentRule } from "./enrichment-rule.ts";
import { isSerial } from "./values.ts";

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
  "is_managed",
  "is_trusted",
  "is_compliant",
  "is_available",
] as const;

/** Name of an attribute. */
export type Field = (typeof FIELDS)[number];

/** A value with how directly it is known. Most are said outright: rank 0. */
export interface Saying extends Claim {
  /** Version of an operating system. */
  readonly version?: string;
}

/** What an update says; a field that it does not know is undefined, never empty. */
export type Sayings = { readonly [F in Field]?: Saying | undefined };

/** How an update is read: ordered rules, and whether it is the gateway's own word on an agent's host. */
export interface Reading {
  readonly rules: readonly EnrichmentRule[];
  readonly isAgentHost: boolean;
}

/** Reads an update. */
export function sayingsOf(update: DeviceUpdate, { rules, isAgentHost }: Reading): Sayings {
  const { hostname, metadata } = update;
  const { vendor, model, type } = classify(update, rules);
  return {
    ip: outright(ipOf(update)),
    mac: outright(update.mac === undefined ? undefined : firstWritten(update.mac)),
    hostname: outright(hostname),
    type,
    vendor_name: vendor,
    model,
    os: osOf(metadata),
    site: outright(metadata["site"]),
    owner: outright(metadata["owner"]),
    serial: outright(serialOf(metadata)),
    risk_score: outright(
      metadata["armis_risk_level"] ?? metadata["risk_score"] ?? metadata["risk_level"],
    ),
    // The original marks a host alike whose agent has proved itself by its certificate.
    is_managed: flag(metadata["is_managed"]) ?? (isAgentHost ? YES : undefined),
    is_trusted: flag(metadata["is_trusted"]) ?? (isAgentHost ? YES : undefined),
    is_compliant: flag(metadata["is_compliant"]),
    is_available: update.isAvailable === undefined ? undefined : update.isAvailable ? YES : NO,
  };
}

const YES: Saying = { value: "true", rank: 0 };
const NO: Saying = { value: "false", rank: 0 };

function outright(value: string | undefined): Saying | undefined {
  return value === undefined ? undefined : { value, rank: 0 };
}

function flag(text: string | undefined): Saying | undefined {
  const word = text?.toLowerCase();
  if (word === "true" || word === "yes" || word === "1") return YES;
  return word === "false" || word === "no" || word === "0" ? NO : undefined;
}

/** An address that says who holds it; the first of a list. */
function ipOf({ ip }: DeviceUpdate): Ip | undefined {
  if (ip === undefined) return undefined;
  const whole = parseIp(ip);
  if (whole !== undefined) return isUsableIp(whole) ? whole : undefined;
  for (const word of ip.split(/[,;\s]+/)) {
    const address = parseIp(word);
    if (address !== undefined && isUsableIp(address)) return address;
  }
  return undefined;
}

function serialOf(metadata: Metadata): string | undefined {
  const { serial, serial_number: number } = metadata;
  return isSerial(serial) ? serial : isSerial(number) ? number : undefined;
}

function osOf(metadata: Metadata): Saying | undefined {
  const value = metadata["os"] ?? metadata["operating_system"] ?? metadata["os_name"];
  const version = metadata["os_version"] ?? metadata["operating_system_version"];
  if (value === undefined) return undefined;
  return version === undefined ? { value, rank: 0 } : { value, rank: 0, version };
}
