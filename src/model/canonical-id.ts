import { sha256Hex } from "../lib/hash.ts";
import { normalizeMacText } from "./mac.ts";

/** The id of a device in the inventory: "sr:" and a UUID that the rule below derives. */
export type CanonicalId = `sr:${string}`;

/** What the id rule reads of one observation; empty values count as absent. */
export interface IdInputs {
  readonly partition: string;
  readonly agentId?: string | undefined;
  readonly armisDeviceId?: string | undefined;
  readonly integrationId?: string | undefined;
  readonly netboxDeviceId?: string | undefined;
  /** As observed, lists included: the rule hashes the unsplit text. */
  readonly mac?: string | undefined;
  readonly ip?: string | undefined;
}

const PREFIX = "serviceradar-device-v3:partition:";

/**
 * The text that is hashed, after the fixed prefix: partition, then every strong identifier present in
 * the original's order and without separator, else the IP. Undefined when there is neither.
 * Source: protocol facts 5.3, byte for byte.
 */
export function idRuleInput(inputs: IdInputs): string | undefined {
  const mac = inputs.mac === undefined ? "" : normalizeMacText(inputs.mac);
  const seeds =
    seed("agent", inputs.agentId) +
    seed("armis", inputs.armisDeviceId) +
    seed("integration", inputs.integrationId) +
    seed("netbox", inputs.netboxDeviceId) +
    seed("mac", mac);
  if (seeds !== "") return `${inputs.partition}:${seeds}`;
  return ipRuleInput(inputs.partition, inputs.ip);
}

/** The rule's input for a device that is known by its IP alone. */
export function ipRuleInput(partition: string, ip: string | undefined): string | undefined {
  return ip === undefined || ip === "" ? undefined : `${partition}:${seed("ip", ip)}`;
}

function seed(name: string, value: string | undefined): string {
  return value === undefined || value === "" ? "" : `${name}:${value}`;
}

/** The canonical id of a rule input: SHA-256, 16 bytes, version 4 and variant bits set. */
export function canonicalId(ruleInput: string): CanonicalId {
  return formatId(sha256Hex(PREFIX + ruleInput));
}

/** What tells two records apart whose rule gives one id; unique in a tenant. */
export interface RecordKey {
  readonly partition: string;
  readonly instance: string;
  readonly kind: string;
  readonly native: string;
}

/**
 * The id of a record whose rule id already belongs to another: the rule's input, NUL, then partition,
 * source instance, kind and native id joined by NUL (a NUL cannot occur in them, so no two keys meet).
 */
export function derivedId(ruleInput: string, key: RecordKey): CanonicalId {
  const parts = [PREFIX + ruleInput, key.partition, key.instance, key.kind, key.native];
  return formatId(sha256Hex(parts.join("\0")));
}

/** Variant bits 10 above the two lowest of a hexadecimal digit (RFC 9562 section 4.1). */
const VARIANT = "89ab89ab89ab89ab";

function formatId(hex: string): CanonicalId {
  const variant = VARIANT[Number.parseInt(hex.charAt(16), 16)] ?? "";
  const [low, mid, high] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16)];
  return `sr:${low}-${mid}-4${high}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const CANONICAL = /^sr:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The text as a canonical id, or undefined if it is not one. */
export function parseCanonicalId(text: string): CanonicalId | undefined {
  return CANONICAL.test(text) ? (text as CanonicalId) : undefined;
}
