/**
 * How much two entities look like one device, in points. Weights and threshold are those of the measured
 * reference (identity facts 4.4, strict MAC): no value of weight 5 or less joins anything alone.
 */
import type { Ip } from "../model/ip.ts";
import { isLocallyAdministered, type Mac } from "../model/mac.ts";
import { countDays, intersectDays, unionDays, type DaySet } from "./day-set.ts";
import type { Node } from "./node.ts";
import type { AddressDays } from "./record-state.ts";
import { NAME_SLACK_MS, overlap, type IsUsable } from "./rivals.ts";
import { isHostName } from "./values.ts";

/** One node, or several that were joined. */
export type Entity = readonly Node[];

/** At least this many points join two entities. */
export const JOIN_POINTS = 5.5;
/** A shared address says much only after as many common days: leases are handed on. */
export const ADDRESS_DAYS_MIN = 3;

const POINTS = {
  serial: { agree: 12, differ: -12 },
  virtualSerial: { agree: 7, differ: -6 },
  asset: { agree: 9, differ: -6 },
  mac: { agree: 5, differ: -1 },
  localMac: { agree: 4, differ: 0 },
  host: { agree: 6, differ: -5 },
  /** A name whose holders did not live at the same time: it may have been handed on. */
  formerHost: { agree: 1, differ: 0 },
  address: { agree: 5, differ: 0 },
  briefAddress: { agree: 1.5, differ: 0 },
  /** A value that is contested or too common to join anything still is no contradiction. */
  contested: { agree: 0.25, differ: 0 },
  model: { agree: 1, differ: -1.5 },
  vendor: { agree: 0.5, differ: -0.5 },
} as const;

/** What of a node's values may speak. */
export interface Voices {
  readonly isUsable: IsUsable;
  /** Addresses of a node that may tell it from others. */
  readonly addressesOf: (node: Node) => AddressDays;
}

/** One piece of evidence: what agreed or differed, and for how many points. */
export interface Evidence {
  readonly type: keyof typeof POINTS;
  readonly value: string;
  readonly points: number;
}

/** All evidence for and against two entities being one device. */
export function weigh(a: Entity, b: Entity, voices: Voices): readonly Evidence[] {
  const { isUsable } = voices;
  const isVirtual = a.some((node) => node.isVirtual) || b.some((node) => node.isVirtual);
  return [
    compare(
      isVirtual ? "virtualSerial" : "serial",
      sets(a, b, (n) => n.serials),
      (v) => isUsable(`serial:${v}`),
    ),
    compare(
      "asset",
      sets(a, b, (n) => n.assets),
      (v) => isUsable(`asset:${v}`),
    ),
    compareMacs(a, b, isUsable),
    compareHosts(a, b, isUsable),
    compareAddresses(a, b, voices),
    compare(
      "model",
      sets(a, b, (n) => n.models),
      () => true,
    ),
    compare(
      "vendor",
      sets(a, b, (n) => n.vendors),
      () => true,
    ),
  ].filter((evidence) => evidence !== undefined);
}

/** The points of all evidence together. */
export function total(evidence: readonly Evidence[]): number {
  return evidence.reduce((sum, { points }) => sum + points, 0);
}

type Sets = readonly [ReadonlySet<string>, ReadonlySet<string>];

function sets(a: Entity, b: Entity, read: (node: Node) => ReadonlySet<string>): Sets {
  return [union(a, read), union(b, read)];
}

function union(entity: Entity, read: (node: Node) => ReadonlySet<string>): ReadonlySet<string> {
  const [only, ...rest] = entity;
  return only !== undefined && rest.length === 0
    ? read(only)
    : new Set(entity.flatMap((node) => [...read(node)]));
}

function piece(type: keyof typeof POINTS, side: "agree" | "differ", value: string): Evidence {
  return { type, value, points: POINTS[type][side] };
}

/**
 * Values that may not speak neither join nor contradict: "iPhone" is no other name than "ws-0815", it is none. Sharing one is
 * worth a little.
 */
function compare(
  type: keyof typeof POINTS,
  [a, b]: Sets,
  usable: (value: string) => boolean,
): Evidence | undefined {
  if (a.size === 0 || b.size === 0) return undefined;
  const [own, other] = [[...a].filter(usable).toSorted(), [...b].filter(usable).toSorted()];
  const agreed = own.find((value) => b.has(value));
  if (agreed !== undefined) return piece(type, "agree", agreed);
  const barred = [...a].filter((value) => b.has(value)).toSorted()[0];
  if (barred !== undefined) return piece("contested", "agree", barred);
  if (own[0] === undefined || other[0] === undefined) return undefined;
  return piece(type, "differ", `${own[0]} / ${other[0]}`);
}

/** A usable globally assigned MAC speaks before a usable local one; random ones that differ contradict nothing. */
function compareMacs(a: Entity, b: Entity, isUsable: IsUsable): Evidence | undefined {
  const both = sets(a, b, (n) => n.macs);
  const global = compare(
    "mac",
    both,
    (mac) => isUsable(`mac:${mac}`) && !isLocallyAdministered(mac as Mac),
  );
  if (global !== undefined && global.type === "mac" && global.points > 0) return global;
  const local = compare(
    "localMac",
    both,
    (mac) => isUsable(`mac:${mac}`) && isLocallyAdministered(mac as Mac),
  );
  return local !== undefined && local.type === "localMac" && local.points > 0 ? local : global;
}

function compareHosts(a: Entity, b: Entity, isUsable: IsUsable): Evidence | undefined {
  const found = compare(
    "host",
    sets(a, b, (n) => n.hosts),
    (v) => isUsable(`host:${v}`),
  );
  if (found === undefined || found.type !== "host") return found;
  if (found.points < 0) return areHostNames(a, b, isUsable) ? found : undefined;
  const isCurrent = a.some((x) =>
    b.some(
      (y) =>
        overlap(x, y, NAME_SLACK_MS) &&
        [...x.hosts].some((host) => y.hosts.has(host) && isUsable(`host:${host}`)),
    ),
  );
  return isCurrent || (isRandomised(a) && isRandomised(b))
    ? found
    : piece("formerHost", "agree", found.value);
}

/** A name as a sensor displays it contradicts no host name: only two host names that differ speak of two machines. */
function areHostNames(a: Entity, b: Entity, isUsable: IsUsable): boolean {
  const hasOne = (entity: Entity): boolean =>
    entity.some(({ hosts }) =>
      [...hosts].some((host) => isHostName(host) && isUsable(`host:${host}`)),
    );
  return hasOne(a) === hasOne(b);
}

/** Nothing but random MACs: a phone that comes back under a new one, not a machine that was given another's name. */
function isRandomised(entity: Entity): boolean {
  const macs = entity.flatMap((node) => [...node.macs]);
  return macs.length > 0 && macs.every(isLocallyAdministered);
}

/** Days on which both had the same address, whichever: leases that change hands together are one device's. */
function compareAddresses(a: Entity, b: Entity, { addressesOf }: Voices): Evidence | undefined {
  const theirs = daysOf(b, addressesOf);
  let together: DaySet = [];
  let example: Ip | undefined;
  for (const [ip, days] of daysOf(a, addressesOf)) {
    const common = intersectDays(days, theirs.get(ip) ?? []);
    if (common.length === 0) continue;
    together = unionDays(together, common);
    if (example === undefined || ip < example) example = ip;
  }
  if (example === undefined) return undefined;
  return piece(
    countDays(together) >= ADDRESS_DAYS_MIN ? "address" : "briefAddress",
    "agree",
    example,
  );
}

function daysOf(entity: Entity, addressesOf: Voices["addressesOf"]): AddressDays {
  const [only, ...rest] = entity;
  if (only !== undefined && rest.length === 0) return addressesOf(only);
  const addresses = new Map<Ip, DaySet>();
  for (const node of entity) {
    for (const [ip, days] of addressesOf(node)) {
      addresses.set(ip, unionDays(addresses.get(ip) ?? [], days));
    }
  }
  return addresses;
}
