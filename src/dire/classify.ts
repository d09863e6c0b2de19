/**
 * Vendor, model and type of a device out of one update, each with how directly it is known (protocol facts 4.4): what the
 * source says itself, what a rule concludes, what SNMP's object id or description give away. Pure.
 */
import type { DeviceUpdate, Metadata } from "../model/device-update.ts";
import {
  firstMatch,
  isBelow,
  modelBy,
  subjectOf,
  sysDescrOf,
  type EnrichmentRule,
  type Subject,
} from "./enrichment-rule.ts";
import { deviceTypeOf, otherType, typeIn, type DeviceType } from "./ocsf.ts";

/** A value, and how directly it is known: 0 is best. Ranks of one attribute compare across a device's records. */
export interface Claim {
  readonly value: string;
  readonly rank: number;
  /** The rule that concluded it. */
  readonly rule?: EnrichmentRule;
  /** OCSF number, of a type alone. */
  readonly typeId?: number;
}

/** What is known of one update's device. */
export interface Classification {
  readonly vendor?: Claim | undefined;
  readonly model?: Claim | undefined;
  readonly type?: Claim | undefined;
}

/** Vendors by IANA's enterprise numbers, which SNMP object ids begin with after 1.3.6.1.4.1. */
const ENTERPRISES: readonly (readonly [string, string])[] = [
  ["1.3.6.1.4.1.41112", "Ubiquiti"],
  ["1.3.6.1.4.1.4413", "Ubiquiti"],
  ["1.3.6.1.4.1.10002", "Ubiquiti"],
  ["1.3.6.1.4.1.9", "Cisco"],
  ["1.3.6.1.4.1.2636", "Juniper"],
  ["1.3.6.1.4.1.14988", "MikroTik"],
  ["1.3.6.1.4.1.2011", "Huawei"],
  ["1.3.6.1.4.1.8072", "Net-SNMP"],
];
/** Vendors by words of SNMP descriptions, whole words only: "hp" is also in "php". */
const VENDOR_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bcisco\b/, "Cisco"],
  [/\bjuniper\b/, "Juniper"],
  [/\barista\b/, "Arista"],
  [/\b(ubiquiti|unifi|ubnt)\b/, "Ubiquiti"],
  [/\bmikrotik\b/, "MikroTik"],
  [/\bforti(net|gate|switch)/, "Fortinet"],
  [/\bpalo alto\b/, "Palo Alto Networks"],
  [/\bcheck ?point\b/, "Check Point"],
  [/\b(hpe|hewlett[- ]packard|hp)\b/, "HPE"],
  [/\bdell\b/, "Dell"],
  [/\bnetgear\b/, "NETGEAR"],
];

/** Reads an update with ordered rules. */
export function classify(update: DeviceUpdate, rules: readonly EnrichmentRule[]): Classification {
  const { metadata } = update;
  const subject = subjectOf(update);
  const rule = rules.length === 0 ? undefined : firstMatch(rules, subject);
  return {
    vendor: vendorOf(metadata, subject, rule),
    model: modelOf(metadata, rule),
    type: typeOf(metadata, subject, rule),
  };
}

function vendorOf(
  metadata: Metadata,
  subject: Subject,
  rule: EnrichmentRule | undefined,
): Claim | undefined {
  const said =
    metadata["vendor_name"] ??
    metadata["vendor"] ??
    metadata["manufacturer"] ??
    metadata["make"] ??
    metadata["vendorName"];
  if (said !== undefined) return { value: said, rank: 0 };
  if (rule?.set.vendorName !== undefined) return { value: rule.set.vendorName, rank: 1, rule };
  const { sys_object_id_prefixes: oid, sys_descr: descr } = subject;
  const byNumber =
    oid === undefined ? undefined : ENTERPRISES.find(([prefix]) => isBelow(oid, prefix));
  if (byNumber !== undefined) return { value: byNumber[1], rank: 2 };
  const byWord = descr === undefined ? undefined : VENDOR_WORDS.find(([word]) => word.test(descr));
  return byWord === undefined ? undefined : { value: byWord[1], rank: 3 };
}

/** The original goes on with the beginning of sys_descr, then sys_name: an operating system's name, a host's name. We do not. */
function modelOf(metadata: Metadata, rule: EnrichmentRule | undefined): Claim | undefined {
  const said = metadata["model"] ?? metadata["device_model"] ?? metadata["model_name"];
  if (said !== undefined) return { value: said, rank: 0 };
  if (rule === undefined) return undefined;
  const concluded = modelBy(rule.set, sysDescrOf(metadata));
  return concluded === undefined ? undefined : { value: concluded, rank: 1, rule };
}

function typeOf(
  metadata: Metadata,
  subject: Subject,
  rule: EnrichmentRule | undefined,
): Claim | undefined {
  if (rule?.set.type !== undefined) return ruledType(rule.set.type, rule);
  const said =
    metadata["type"] ?? metadata["device_type"] ?? metadata["deviceType"] ?? metadata["type_name"];
  if (said !== undefined) return typed(deviceTypeOf(said) ?? otherType(said), 1);
  const sensed = [metadata["armis_type"], metadata["armis_category"]];
  const named = sensed.map(deviceTypeOf).find((type) => type !== undefined);
  if (named !== undefined) return typed(named, 1);
  const role = metadata["device_role"] ?? metadata["role"];
  const played = metadata["netbox_vm_id"] === undefined ? deviceTypeOf(role) : machineOf(role);
  if (played !== undefined) return typed(played, 2);
  const { sys_descr: descr } = subject;
  const described = descr === undefined ? undefined : typeIn(descr);
  if (described !== undefined) return typed(described, 3);
  // A sensor's or a role's word that no list knows is shown as it stands, but yields to any that one does.
  const word = sensed.find((text) => text !== undefined) ?? role;
  return word === undefined ? undefined : typed(otherType(word), 4);
}

const SERVER_ID = 1;

/** A virtual machine is OCSF's "Virtual", unless its role says what of the network it is: a virtual firewall is a firewall. */
function machineOf(role: string | undefined): DeviceType | undefined {
  const played = deviceTypeOf(role);
  return played === undefined || played.id === SERVER_ID ? deviceTypeOf("virtual") : played;
}

function ruledType(word: string, rule: EnrichmentRule): Claim {
  const { id, name } =
    rule.set.typeId === undefined
      ? (deviceTypeOf(word) ?? otherType(word))
      : { id: rule.set.typeId, name: word };
  return { value: name, typeId: id, rank: 0, rule };
}

function typed({ id, name }: DeviceType, rank: number): Claim {
  return { value: name, typeId: id, rank };
}
