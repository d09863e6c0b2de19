/**
 * How much two entities look like one device, in points. Weights and threshold are those of the measured
 * reference (identity facts 4.4, strict MAC): any value alone of weight 5 or less joins nothing.
 */
import { isLocallyAdministered } from "../model/mac.ts";
import { commonDays } from "./day-set.ts";
import type { Node, ValueKey } from "./node.ts";

/** What clustering compares: the sets of one node, or the union of several. */
export type Entity = Pick<
  Node,
  "serials" | "isVirtual" | "assets" | "hosts" | "macs" | "models" | "vendors" | "addresses"
>;

/** At least this many points join two entities. */
export const JOIN_POINTS = 5.5;
/** A shared address says something only after as many common days: leases are handed on. */
export const ADDRESS_DAYS_MIN = 3;

const POINTS = {
  serial: { agree: 12, differ: -12 },
  virtualSerial: { agree: 7, differ: -6 },
  asset: { agree: 9, differ: -6 },
  mac: { agree: 5, differ: -1 },
  localMac: { agree: 4, differ: 0 },
  host: { agree: 6, differ: -5 },
  address: { agree: 5, differ: 0 },
  model: { agree: 1, differ: -1.5 },
  vendor: { agree: 0.5, differ: -0.5 },
} as const;

/** One piece of evidence: what agreed or differed, and for how many points. */
export interface Evidence {
  readonly type: keyof typeof POINTS;
  readonly value: string;
  readonly points: number;
}

/** All evidence for and against two entities being one device. `isUsable` says which values may speak at all. */
export function weigh(
  a: Entity,
  b: Entity,
  isUsable: (value: ValueKey) => boolean,
): readonly Evidence[] {
  const virtual = a.isVirtual || b.isVirtual;
  const usable =
    (type: "serial" | "asset" | "mac" | "host") =>
    (value: string): boolean =>
      isUsable(`${type}:${value}`);
  return [
    compare(virtual ? "virtualSerial" : "serial", [a.serials, b.serials], usable("serial")),
    compare("asset", [a.assets, b.assets], usable("asset")),
    compareMacs(a, b, usable("mac")),
    compare("host", [a.hosts, b.hosts], usable("host")),
    compareAddresses(a, b),
    compare("model", [a.models, b.models], () => true),
    compare("vendor", [a.vendors, b.vendors], () => true),
  ].filter((evidence) => evidence !== undefined);
}

/** The points of all evidence together. */
export function total(evidence: readonly Evidence[]): number {
  return evidence.reduce((sum, { points }) => sum + points, 0);
}

type Sets = readonly [ReadonlySet<string>, ReadonlySet<string>];

/** A value that both hold but that may not speak is neither agreement nor contradiction. */
function compare(
  type: keyof typeof POINTS,
  [a, b]: Sets,
  usable: (value: string) => boolean,
): Evidence | undefined {
  if (a.size === 0 || b.size === 0) return undefined;
  const shared = [...a].filter((value) => b.has(value)).toSorted();
  const agreed = shared.find(usable);
  if (agreed !== undefined) return { type, value: agreed, points: POINTS[type].agree };
  if (shared.length > 0) return undefined;
  const value = `${[...a].toSorted()[0]} / ${[...b].toSorted()[0]}`;
  return { type, value, points: POINTS[type].differ };
}

function compareMacs(
  a: Entity,
  b: Entity,
  usable: (value: string) => boolean,
): Evidence | undefined {
  const global = [...a.macs].filter(
    (mac) => b.macs.has(mac) && usable(mac) && !isLocallyAdministered(mac),
  );
  const type =
    global.length > 0 || ![...a.macs].some((mac) => b.macs.has(mac)) ? "mac" : "localMac";
  return compare(
    type,
    [a.macs, b.macs],
    (mac) => usable(mac) && (type === "localMac" || global.some((g) => g === mac)),
  );
}

function compareAddresses(a: Entity, b: Entity): Evidence | undefined {
  const shared = [...a.addresses.keys()].toSorted().find((ip) => {
    const other = b.addresses.get(ip);
    return other !== undefined && commonDays(a.addresses.get(ip) ?? [], other) >= ADDRESS_DAYS_MIN;
  });
  return shared === undefined
    ? undefined
    : { type: "address", value: shared, points: POINTS.address.agree };
}
