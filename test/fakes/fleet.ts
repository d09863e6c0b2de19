import { invariant } from "../../src/lib/invariant.ts";
import { KINDS, SITES, type Kind } from "./fleet-kinds.ts";

/** One true device, whatever the sources that see it say of it. A list or text is empty where it has none. */
export interface FleetDevice {
  /** Position in the fleet plus one. */
  id: number;
  name: string;
  serial: string;
  assetTag: string;
  manufacturer: string;
  model: string;
  /** Name and version together. */
  os: string;
  osName: string;
  osVersion: string;
  role: string;
  /** Category and type in Armis' words. */
  category: string;
  type: string;
  site: string;
  location: string;
  macs: string[];
  ips: string[];
  /** 1 (harmless) to 10. */
  risk: number;
}

/** Devices by index, computed when asked for: a fleet of a million costs no memory. */
export interface Fleet {
  readonly size: number;
  device(index: number): FleetDevice;
}

/** MACs of a device are four numbers side by side, and 22 + 2 bits fill the 24 that follow a prefix. */
const CODE_BITS = 22;
const CODES = 2 ** CODE_BITS;
const IPS_PER_DEVICE = 3;
/** 6 million addresses each fit the fixed and the roaming half of 10.16.0.0 to 10.255.255.255. */
const FLEET_MAX = 2_000_000;
const IP_SLOTS = FLEET_MAX * IPS_PER_DEVICE;
/** Hosts .2 to .251 of every /24: no network, gateway or broadcast address. */
const HOSTS_PER_NET = 250;
/** 10.0 to 10.15 stay free: recorded NetBox inventories live there. */
const FIXED_NET = 16 * 256;
const ROAMING_NET = 128 * 256;
/** How far roaming addresses move on in a day: far enough that yesterday's holder is a stranger. */
const LEASES_PER_DAY = 7_919;
/** What a device throws dice for, each with bits of its own. */
const PURPOSES = {
  kind: 1 << 8,
  make: 2 << 8,
  site: 3 << 8,
  macs: 4 << 8,
  ips: 5 << 8,
  risk: 6 << 8,
};
const WEIGHTS = KINDS.reduce((sum, kind) => sum + kind.weight, 0);

type FleetOptions = {
  readonly seed: number;
  readonly devices: number;
  /** Days gone by: another day gives roaming devices other addresses, and nothing else changes. */
  readonly day?: number;
};

/**
 * A fleet of `devices` true devices. Same options, same devices. Unique in it: name, serial, asset tag, every MAC,
 * and every IP on a given day. Fleets of different sizes with one seed share their first devices.
 */
export function createFleet({ seed, devices, day = 0 }: FleetOptions): Fleet {
  invariant(devices >= 0 && devices <= FLEET_MAX, `a fleet has at most ${FLEET_MAX} devices`);
  return {
    size: devices,
    device: (index) => {
      invariant(index >= 0 && index < devices, `no device ${index} in a fleet of ${devices}`);
      return deviceAt({ seed, index, day });
    },
  };
}

/**
 * The part [from, to) of a fleet that one source sees, with indices from 0. Slices of one fleet overlap where their
 * ranges do, so `slice(0, 800)` for one source and `slice(600, 1000)` for another share 200 devices.
 */
export function sliceFleet(fleet: Fleet, from: number, to: number): Fleet {
  invariant(from >= 0 && from <= to && to <= fleet.size, `no range ${from}..${to} in the fleet`);
  return { size: to - from, device: (index) => fleet.device(from + index) };
}

/** All devices of the first fleet, then all of the second, numbered anew. */
export function joinFleets(first: Fleet, second: Fleet): Fleet {
  return {
    size: first.size + second.size,
    device: (index) => ({
      ...(index < first.size ? first.device(index) : second.device(index - first.size)),
      id: index + 1,
    }),
  };
}

type Spot = { readonly seed: number; readonly index: number; readonly day: number };

function deviceAt(spot: Spot): FleetDevice {
  const { index } = spot;
  const kind = kindOf(roll(spot, "kind"));
  const make = pick(kind.makes, roll(spot, "make"));
  const site = pick(SITES, roll(spot, "site"));
  const number = uniqueNumber(spot);
  const code = number.toString(36).padStart(5, "0");
  const macs = macsOf(make.oui, number, 1 + (roll(spot, "macs") % kind.macsMax));
  const macHex = (macs[0] ?? "").replaceAll(":", "");
  const [osName, osVersion] = make.os;
  return {
    id: index + 1,
    name: kind.nameOf({ siteCode: site.code, code, macHex }),
    serial: `${make.serialPrefix}${code.toUpperCase().padStart(7, "0")}`,
    assetTag: `IT-${String(index + 1).padStart(7, "0")}`,
    manufacturer: make.manufacturer,
    model: make.model,
    os: `${osName} ${osVersion}`.trim(),
    osName,
    osVersion,
    role: kind.role,
    category: kind.category,
    type: kind.type,
    site: site.name,
    location: site.location,
    macs,
    ips: ipsOf(spot, kind),
    risk: 1 + (roll(spot, "risk") % 10),
  };
}

function kindOf(dice: number): Kind {
  let rest = dice % WEIGHTS;
  const found = KINDS.find((kind) => {
    rest -= kind.weight;
    return rest < 0;
  });
  invariant(found !== undefined, "weights add up to their sum");
  return found;
}

function pick<T>(choices: readonly T[], dice: number): T {
  const chosen = choices[dice % choices.length];
  invariant(chosen !== undefined, "a kind has makes and a fleet has sites");
  return chosen;
}

/** A number below 2^22 that no other index of the fleet has: an odd factor is a bijection modulo a power of two. */
function uniqueNumber({ seed, index }: Spot): number {
  const factor = mix(seed) | 1;
  const shift = mix(seed + 1);
  return ((Math.imul(index, factor) + shift) >>> 0) & (CODES - 1);
}

function macsOf(oui: string, number: number, count: number): string[] {
  return Array.from({ length: count }, (_, nth) => {
    const hex = oui + (number * 4 + nth).toString(16).toUpperCase().padStart(6, "0");
    return hex.replace(/(..)(?=.)/g, "$1:");
  });
}

function ipsOf(spot: Spot, kind: Kind): string[] {
  const count = 1 + (roll(spot, "ips") % kind.ipsMax);
  return Array.from({ length: count }, (_, nth) => {
    const slot = spot.index * IPS_PER_DEVICE + nth;
    return kind.roams
      ? address(ROAMING_NET, (slot + spot.day * LEASES_PER_DAY) % IP_SLOTS)
      : address(FIXED_NET, slot);
  });
}

function address(firstNet: number, slot: number): string {
  const net = firstNet + Math.floor(slot / HOSTS_PER_NET);
  return `10.${net >> 8}.${net & 255}.${2 + (slot % HOSTS_PER_NET)}`;
}

/** A number of 32 bits that depends on seed, index and what it is for, and on nothing else. */
function roll({ seed, index }: Spot, purpose: keyof typeof PURPOSES): number {
  return mix(mix(seed) ^ mix(index + 0x9e3779b9) ^ PURPOSES[purpose]);
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
