import { err, ok, type Result } from "../lib/result.ts";
import { idRuleInput, type IdInputs } from "../model/canonical-id.ts";
import type { DeviceUpdate, Metadata } from "../model/device-update.ts";
import { isUsableIp, parseIpList, type Ip } from "../model/ip.ts";
import { isLocallyAdministered, parseMacList, type Mac } from "../model/mac.ts";
import { hash53 } from "./content-digest.ts";
import type { Kind } from "./kind.ts";
import { isDeviceMac, isVirtual, parseHost, parseSerial, parseWord } from "./values.ts";

/** What of an update can tell devices apart; lists are sorted, absent means the update says nothing. */
export interface Features {
  readonly serial?: string;
  /** A virtual machine: its serial and name are cloned with it. */
  readonly virtual?: true;
  readonly asset?: string;
  readonly host?: string;
  readonly macs: readonly Mac[];
  /** MACs that the source lists as the device's own (all_macs), beyond the one it was seen with. */
  readonly declared: readonly Mac[];
  readonly model?: string;
  readonly vendor?: string;
}

/** One update as DIRE takes it into its state. */
export interface Observation {
  readonly kind: Kind;
  readonly native: string;
  readonly timeMs: number;
  readonly features: Features;
  /** 53-bit hash of the features, never 0. */
  readonly fingerprint: number;
  readonly idInput: string;
  readonly addresses: readonly Ip[];
  readonly isDeletion: boolean;
}

/** Sources that watch the network: what they see of a device is not the device speaking (protocol facts 5.1). */
const OBSERVERS = new Set(["mapper", "sweep", "network_discovery"]);
const OBSERVER_SEEDS = new Set(["mapper_ip_seed", "mapper_primary_mac_seed"]);
/** Only these MACs of a network observer belong to the device itself. */
const VOUCHED_MAC_KINDS = new Set(["primary", "management", "chassis"]);
/** Shorter words ("ap", "nas") begin many models by chance. */
const MODEL_WORD_MIN = 4;
/** Twelve hexadecimal digits at the end of a name, nothing hexadecimal before them. */
const NAMED_MAC = /^(?:.*[^0-9a-f])?([0-9a-f]{12})$/;
/** Native ids are keys of an index, whose rows hold 2,704 bytes. */
const NATIVE_LENGTH_MAX = 512;

/**
 * Reads from an update, in a partition, what DIRE keeps. The error says why nothing can be keyed by it.
 * The top-level agent_id is the collector and is never read here.
 */
export function observe(update: DeviceUpdate, partition: string): Result<Observation> {
  const observer = isObserver(update);
  const ids = identifiers(update, { partition, observer });
  const key = recordKey(ids, observer);
  const idInput = idRuleInput(key?.kind === "address" ? { ...ids, ip: key.native } : ids);
  if (key === undefined || idInput === undefined) {
    return err(
      "no identifier: neither agent_id, armis_device_id, integration_id, netbox_device_id, mac nor ip",
    );
  }
  if (key.native.length > NATIVE_LENGTH_MAX) {
    return err(`${key.kind} id is longer than ${NATIVE_LENGTH_MAX} characters`);
  }
  const features = readFeatures(update);
  return ok({
    kind: key.kind,
    native: key.native,
    timeMs: update.timestampMs,
    features,
    fingerprint: fingerprintOf(features),
    idInput,
    addresses: addressesOf(update),
    isDeletion: update.metadata["_deleted"]?.toLowerCase() === "true",
  });
}

function isObserver({ source, metadata }: DeviceUpdate): boolean {
  return (
    OBSERVERS.has(source.toLowerCase()) || OBSERVER_SEEDS.has(metadata["identity_source"] ?? "")
  );
}

function identifiers(
  update: DeviceUpdate,
  { partition, observer }: { readonly partition: string; readonly observer: boolean },
): IdInputs {
  const { metadata } = update;
  const mayUseMac = !observer || VOUCHED_MAC_KINDS.has(metadata["identity_mac_kind"] ?? "");
  return {
    partition,
    agentId: observer ? undefined : metadata["agent_id"],
    armisDeviceId: metadata["armis_device_id"],
    integrationId: metadata["integration_id"],
    netboxDeviceId: metadata["netbox_device_id"],
    mac: mayUseMac ? update.mac : undefined,
    ip: update.ip,
  };
}

function recordKey(ids: IdInputs, observer: boolean): { kind: Kind; native: string } | undefined {
  if (ids.agentId !== undefined) return { kind: "agent", native: ids.agentId };
  if (ids.armisDeviceId !== undefined) return { kind: "armis", native: ids.armisDeviceId };
  if (ids.integrationId !== undefined) return { kind: "integration", native: ids.integrationId };
  if (ids.netboxDeviceId !== undefined) return { kind: "netbox", native: ids.netboxDeviceId };
  const mac = ids.mac === undefined ? undefined : parseMacList(ids.mac)[0];
  if (mac !== undefined) return { kind: observer ? "mapper" : "mac", native: mac };
  const ip = ids.ip === undefined ? undefined : parseIpList(ids.ip)[0];
  return ip === undefined ? undefined : { kind: "address", native: ip };
}

/** Member by member, as parseDeviceUpdate; in this order they are hashed. */
type Reading = { -readonly [K in keyof Features]: Features[K] };

/** The identity-relevant features of an update. */
function readFeatures({ mac, hostname, metadata }: DeviceUpdate): Features {
  const serial = parseSerial(metadata["serial"] ?? metadata["serial_number"]);
  const asset = parseSerial(metadata["asset_tag"]);
  const model = parseWord(metadata["model"]);
  const vendor = parseWord(metadata["manufacturer"] ?? metadata["vendor"]);
  const host = ownName(parseHost(hostname), model);
  const seen = deviceMacs(mac);
  const maker = { vendor: metadata["manufacturer"], model: metadata["model"], serial };
  const features: Partial<Reading> = {};
  if (serial !== undefined) features.serial = serial;
  if (isVirtual(maker, seen)) features.virtual = true;
  if (asset !== undefined) features.asset = asset;
  if (host !== undefined) features.host = host;
  const told = Object.assign(features, {
    macs: seen,
    declared: declaredMacs(metadata, host, seen),
  });
  if (model !== undefined) told.model = model;
  if (vendor !== undefined) told.vendor = vendor;
  return told;
}

function declaredMacs(
  { all_macs: listed }: Metadata,
  host: string | undefined,
  seen: readonly Mac[],
): readonly Mac[] {
  const named = namedMac(host);
  if (listed === undefined && named.length === 0) return NO_MACS;
  const declared = new Set([...deviceMacs(listed), ...named]);
  return [...declared].filter((each) => !seen.includes(each)).toSorted();
}

const NO_MACS: readonly Mac[] = [];

/** A model shown for want of a name is no name of one device: "iPhone" of an iPhone 14. */
function ownName(host: string | undefined, model: string | undefined): string | undefined {
  const word = parseWord(host);
  const isModel = word !== undefined && word.length >= MODEL_WORD_MIN && model?.startsWith(word);
  return isModel === true ? undefined : host;
}

/** IP phones, printers and cameras are named by their MAC when they leave the works: SEP805EC075BCD7. */
function namedMac(host: string | undefined): readonly Mac[] {
  if (host === undefined || host.length < MAC_DIGITS) return NO_MACS;
  const hex = NAMED_MAC.exec(host)?.[1];
  return hex === undefined || !/[a-f]/.test(hex)
    ? NO_MACS
    : deviceMacs(hex).filter((mac) => !isLocallyAdministered(mac));
}

const MAC_DIGITS = 12;

function deviceMacs(list: string | undefined): readonly Mac[] {
  if (list === undefined) return NO_MACS;
  const macs = parseMacList(list).filter(isDeviceMac);
  return macs.length < 2 ? macs : macs.toSorted();
}

function addressesOf({ ip, metadata }: DeviceUpdate): readonly Ip[] {
  const own = ip === undefined ? [] : parseIpList(ip);
  const listed = metadata["all_ips"];
  const others = listed === undefined ? [] : parseIpList(listed);
  const aliases = aliasesOf(metadata);
  if (own.length < 2 && others.length + aliases.length === 0) return own.filter(isUsableIp);
  return [...new Set([...own, ...others, ...aliases])].filter(isUsableIp).toSorted();
}

/** Second addresses in the original's keys (protocol facts 5.5). The collector's own stands in `_alias_collector_ip` and is not the device's. */
const ALIAS_KEY = /^(?:ip_alias|alt_ip):(.+)$/;

function aliasesOf(metadata: Metadata): readonly Ip[] {
  const ips: Ip[] = [];
  for (const key in metadata) {
    // Nearly no key is one; the first letter tells that for the price of none.
    if (key[0] !== "i" && key[0] !== "a" && key[0] !== "_") continue;
    const text = key === "_alias_last_seen_ip" ? metadata[key] : ALIAS_KEY.exec(key)?.[1];
    if (text !== undefined) ips.push(...parseIpList(text));
  }
  return ips;
}

/** Hash of the features; 0 is kept free, it stands for "all fingerprints" in sync.members. */
function fingerprintOf(features: Features): number {
  return hash53(JSON.stringify(features)) || 1;
}
