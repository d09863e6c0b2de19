import { itemAt, type Dice } from "./dice.ts";

/** Hands out what no two devices share: MACs, addresses, and ids of each source. */
export interface Numbers {
  /** A MAC of this maker, with colons and upper case. */
  mac(oui: string): string;
  /** An address of the partition that nobody holds. */
  ip(partition: string): string;
  /** The next number of this name, from `first` on. */
  next(name: string, first: number): number;
  /** A number below 2^32 that this label gives for ever. */
  code(label: string): number;
}

/** 24 bits follow a maker's prefix. */
const MAC_CODES = 2 ** 24;
/** Hosts .2 to .251 of every /24: no network, gateway or broadcast address. */
const HOSTS_PER_NET = 250;
/** Every partition has 32 networks of the second octet: 2 million addresses. */
const SECOND_OCTETS = 32;

/** Numbers for the partitions named, each with a part of 10.0.0.0/8 of its own. */
export function createNumbers(dice: Dice, partitions: readonly string[]): Numbers {
  const counters = new Map<string, number>();
  const next = (name: string, first: number): number => {
    const number = counters.get(name) ?? first;
    counters.set(name, number + 1);
    return number;
  };
  // An odd factor is a bijection modulo a power of two, so MACs of one maker never meet.
  const factor = dice.between(0, MAC_CODES - 1) | 1;
  const shift = dice.between(0, MAC_CODES - 1);
  return {
    mac: (oui) => {
      const code = (Math.imul(next(`mac ${oui}`, 0), factor) + shift) & (MAC_CODES - 1);
      return formatHex(oui + code.toString(16).padStart(6, "0"));
    },
    ip: (partition) => {
      const slot = next(`ip ${partition}`, 0);
      const net =
        partitions.indexOf(partition) * SECOND_OCTETS * 256 + Math.floor(slot / HOSTS_PER_NET);
      return `10.${net >> 8}.${net & 255}.${2 + (slot % HOSTS_PER_NET)}`;
    },
    next,
    code: (label) => Math.floor(dice.fork(label).next() * 2 ** 32),
  };
}

/** Twelve hexadecimal digits as a MAC with colons, upper case. */
function formatHex(digits: string): string {
  return digits.toUpperCase().replace(/(..)(?=.)/g, "$1:");
}

/** Second digits that say "locally administered" and "one device". */
const LOCAL_DIGITS = ["2", "6", "A", "E"] as const;

/** A MAC as a phone makes up: random, with the bit of locally administered addresses. */
export function randomMac(dice: Dice): string {
  const hex = (length: number): string =>
    Array.from({ length }, () => dice.between(0, 15).toString(16)).join("");
  // 02:42 would be Docker's, so the first digit is never 0.
  const first = dice.between(1, 15).toString(16);
  return formatHex(first + itemAt(LOCAL_DIGITS, dice.between(0, 3)) + hex(10));
}
