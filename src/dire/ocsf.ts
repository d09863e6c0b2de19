/**
 * OCSF device types (schema.ocsf.io, object "device", attribute type_id) from the words that sources use.
 * Armis: `type` and `category`; NetBox: role slug. First match in the order below wins; the most specific words come first.
 */
import { memoized } from "../lib/memo.ts";

/** A device type with its OCSF number and caption. */
export interface DeviceType {
  readonly id: number;
  readonly name: string;
}

const TYPES: readonly (readonly [RegExp, DeviceType])[] = [
  [/firewall|\bngfw\b|\butm\b/, { id: 9, name: "Firewall" }],
  [/load ?balanc|\badc\b/, { id: 15, name: "Load Balancer" }],
  [/\bids\b|intrusion detection/, { id: 13, name: "IDS" }],
  [/\bips\b|intrusion prevention/, { id: 14, name: "IPS" }],
  [/access ?point|\bwap\b|\bap\b|wireless ap/, { id: 99, name: "Access Point" }],
  [/router|\bwan edge\b|gateway/, { id: 12, name: "Router" }],
  [/switch|\btor\b|\bspine\b|\bleaf\b/, { id: 10, name: "Switch" }],
  [/\bhub\b/, { id: 11, name: "Hub" }],
  [/laptop|notebook/, { id: 3, name: "Laptop" }],
  [/tablet|\bipad\b/, { id: 4, name: "Tablet" }],
  [/ip ?phone|voip|desk ?phone/, { id: 7, name: "IOT" }],
  [/mobile|phone\b|phones\b|handheld/, { id: 5, name: "Mobile" }],
  [/virtual|\bvm\b|hypervisor guest/, { id: 6, name: "Virtual" }],
  [/server|hypervisor|\bnas\b|storage/, { id: 1, name: "Server" }],
  [/desktop|workstation|personal computer|\bpc\b|thin client/, { id: 2, name: "Desktop" }],
  [
    /camera|printer|sensor|\biot\b|thermostat|\bplc\b|\bhmi\b|\brtu\b|scada|badge|\bpdu\b|\bups\b|\bhvac\b|medical|infusion|imaging|industrial|automation|lighting|\btv\b|television|projector|kiosk|point of sale|smart ?watch|wearable/,
    { id: 7, name: "IOT" },
  ],
];

/** The OCSF type that a source's word for a device means; undefined where none is known. */
export function deviceTypeOf(word: string | undefined): DeviceType | undefined {
  return word === undefined ? undefined : wordsType(word);
}

const wordsType = memoized(typeIn);

/** The OCSF type that a text speaks of, such as a device's description of itself. */
export function typeIn(text: string): DeviceType | undefined {
  const words = text.toLowerCase().replace(/[_-]+/g, " ");
  return TYPES.find(([pattern]) => pattern.test(words))?.[1];
}

/** A word of nobody's list as it stands, under OCSF's number for "other". */
export function otherType(word: string): DeviceType {
  return { id: 99, name: word };
}
