/** What of a publication tells that identity may go wrong: records that change their device, and devices of too much. Pure. */
import type { CanonicalId } from "../model/canonical-id.ts";
import { countDays, dayOf, intersectDays, type DaySet } from "./day-set.ts";
import type { Node, ValueKey } from "./node.ts";
import { publishedDevice, type Published } from "./publication.ts";
import type { Cluster } from "./resolve.ts";

/** A record, or a part of it, that went from one device to another, with what it carries along. */
export interface RecordMove {
  readonly recordNo: number;
  readonly from: CanonicalId;
  readonly to: CanonicalId;
  readonly values: readonly ValueKey[];
}

/** Records whose published device another publication replaces. Addresses without a record follow leases, which is no sign of anything. */
export function recordMoves(
  clusters: readonly Cluster[],
  { members, devices }: Published,
): readonly RecordMove[] {
  const deviceOf = publishedDevice(members);
  return clusters.flatMap(({ id, nodes }) =>
    nodes.flatMap((node) => {
      const from = devices.get(deviceOf(node) ?? -1);
      if (from === undefined || from === id || node.key.kind === "address") return [];
      return [{ recordNo: node.recordNo, from, to: id, values: valuesOf(node) }];
    }),
  );
}

function valuesOf({ serials, assets, macs, hosts }: Node): readonly ValueKey[] {
  return [
    ...[...serials].map((value): ValueKey => `serial:${value}`),
    ...[...assets].map((value): ValueKey => `asset:${value}`),
    ...[...macs].map((value): ValueKey => `mac:${value}`),
    ...[...hosts].map((value): ValueKey => `host:${value}`),
  ];
}

/** Records of one device from which on somebody should look at it: half of what clustering lets one have. */
const RECORDS_CROWDED = 12;
/** Addresses within DAYS_COUNTED from which on somebody should look: a lease a day is fewer. */
const ADDRESSES_CROWDED = 32;
/** Days before a device was last seen in which its addresses are counted. */
const DAYS_COUNTED = 30;

/** How much a device has. */
export interface Crowd {
  readonly records: number;
  readonly addresses: number;
}

/** How much the device of a cluster has, if that is suspiciously much. */
export function crowdOf({ nodes }: Cluster): Crowd | undefined {
  // Addresses are among the values, which are counted for nothing: of nearly every device that is the end of it.
  const valuesMax = nodes.reduce((sum, { values }) => sum + values.length, 0);
  if (nodes.length < RECORDS_CROWDED && valuesMax < ADDRESSES_CROWDED) return undefined;
  const real = nodes.filter(({ key }) => key.kind !== "address");
  const records = new Set(real.map(({ recordNo }) => recordNo)).size;
  const addresses = recentAddresses(real);
  return records >= RECORDS_CROWDED || addresses >= ADDRESSES_CROWDED
    ? { records, addresses }
    : undefined;
}

function recentAddresses(nodes: readonly Node[]): number {
  const possible = nodes.reduce((sum, { addresses }) => sum + addresses.size, 0);
  if (possible < ADDRESSES_CROWDED) return possible;
  const last = Math.max(...nodes.map(({ lastMs }) => dayOf(lastMs)));
  const recent: DaySet = [[last - DAYS_COUNTED, last + 1]];
  const seen = new Set<string>();
  for (const { addresses } of nodes) {
    for (const [ip, days] of addresses) {
      if (countDays(intersectDays(days, recent)) > 0) seen.add(ip);
    }
  }
  return seen.size;
}
