/**
 * Enrichment rules: what SNMP's own words, names and object ids say of a device's vendor, model and type where its source says
 * nothing (protocol facts 4.4). The first enabled rule that matches decides, by priority from high to low, then by id. Pure.
 */
import type { DeviceUpdate } from "../model/device-update.ts";

/** What a rule may look at. */
export const MATCH_KEYS = [
  "sys_descr",
  "sys_name",
  "hostname",
  "model",
  "source",
  "sys_object_id_prefixes",
  "ip_forwarding",
] as const;

/** One of MATCH_KEYS. */
export type MatchKey = (typeof MATCH_KEYS)[number];

/** Holds where any of the values does: as part of the text, lower case; as prefix of the object id; as the number. */
export interface Condition {
  readonly key: MatchKey;
  readonly values: readonly string[];
}

/** What a rule sets; absent: nothing. */
export interface Enrichment {
  readonly vendorName?: string;
  readonly model?: string;
  readonly type?: string;
  /** OCSF number of the type. */
  readonly typeId?: number;
  /** The model is what follows this in sys_descr, up to a comma or " Linux". */
  readonly modelPrefix?: string;
}

/** One rule. */
export interface EnrichmentRule {
  readonly id: string;
  readonly isEnabled: boolean;
  readonly priority: number;
  /** 0 to 100. */
  readonly confidence: number;
  readonly reason: string;
  /** Every one of `all` and, if there are any, one of `any`. */
  readonly all: readonly Condition[];
  readonly any: readonly Condition[];
  readonly set: Enrichment;
  /** "builtin", or the file that it was read from. */
  readonly origin: string;
}

/** Rules that came with the program bear this for their file. */
export const BUILT_IN = "builtin";

/** What rules look at of one update. */
export type Subject = Readonly<Record<MatchKey, string | undefined>>;

/** The parts of an update that rules look at; keys in every writing that agents use. */
export function subjectOf(update: DeviceUpdate): Subject {
  return new UpdateSubject(update);
}

/** Each part is read when a rule asks for it: most rules begin with one that the update does not have. */
class UpdateSubject implements Subject {
  readonly #update: DeviceUpdate;

  constructor(update: DeviceUpdate) {
    this.#update = update;
  }

  get sys_descr(): string | undefined {
    return sysDescrOf(this.#update.metadata)?.toLowerCase();
  }

  get sys_name(): string | undefined {
    const { sys_name: name, sysName } = this.#update.metadata;
    return (name ?? sysName)?.toLowerCase();
  }

  get hostname(): string | undefined {
    return this.#update.hostname?.toLowerCase();
  }

  get model(): string | undefined {
    const { model, device_model: device, model_name: named } = this.#update.metadata;
    return (model ?? device ?? named)?.toLowerCase();
  }

  get source(): string {
    return this.#update.source.toLowerCase();
  }

  get sys_object_id_prefixes(): string | undefined {
    const { sys_object_id: id, sysObjectID, sysObjectId } = this.#update.metadata;
    const objectId = id ?? sysObjectID ?? sysObjectId;
    return objectId === undefined ? undefined : bareOid(objectId);
  }

  get ip_forwarding(): string | undefined {
    const { ip_forwarding: forwarding, ipForwarding } = this.#update.metadata;
    return (forwarding ?? ipForwarding)?.trim();
  }
}

/** SNMP's description of a device as it was sent. */
export function sysDescrOf(metadata: DeviceUpdate["metadata"]): string | undefined {
  return metadata["sys_descr"] ?? metadata["sysDescr"] ?? metadata["sys_description"];
}

/** An object id without the dot that some agents begin it with. */
export function bareOid(oid: string): string {
  return oid.trim().replace(/^\.+/, "");
}

/** The rules in the order in which they are asked: priority from high to low, then id; those that are off left out. */
export function inOrder(rules: readonly EnrichmentRule[]): readonly EnrichmentRule[] {
  return rules
    .filter(({ isEnabled }) => isEnabled)
    .toSorted((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : Number(a.id > b.id)));
}

/** The first of ordered rules that matches. */
export function firstMatch(
  ordered: readonly EnrichmentRule[],
  subject: Subject,
): EnrichmentRule | undefined {
  return ordered.find((rule) => matches(rule, subject));
}

/** Whether a rule holds for a subject. A key that the subject lacks never holds. */
export function matches({ all, any }: EnrichmentRule, subject: Subject): boolean {
  return (
    all.every((condition) => holds(condition, subject)) &&
    (any.length === 0 || any.some((condition) => holds(condition, subject)))
  );
}

function holds({ key, values }: Condition, subject: Subject): boolean {
  const text = subject[key];
  if (text === undefined || text === "") return false;
  if (key === "ip_forwarding") return values.some((value) => isSameInteger(text, value));
  if (key === "sys_object_id_prefixes") return values.some((prefix) => isBelow(text, prefix));
  return values.some((word) => text.includes(word));
}

function isSameInteger(a: string, b: string): boolean {
  return /^\d+$/.test(a) && Number(a) === Number(b);
}

/** By whole numbers: 1.3.6.1.4.1.9 is not the beginning of 1.3.6.1.4.1.99. */
export function isBelow(oid: string, prefix: string): boolean {
  return oid === prefix || oid.startsWith(prefix.endsWith(".") ? prefix : `${prefix}.`);
}

/** The model that a rule gives, its own or out of the device's SNMP description. */
export function modelBy(
  { model, modelPrefix }: Enrichment,
  descr: string | undefined,
): string | undefined {
  if (model !== undefined || modelPrefix === undefined || descr === undefined) return model;
  const at = descr.toLowerCase().indexOf(modelPrefix.toLowerCase());
  if (at < 0) return undefined;
  const [head = ""] = descr.slice(at + modelPrefix.length).split(/,|\s+linux\b/i);
  const found = head.trim();
  return found === "" ? undefined : found;
}
