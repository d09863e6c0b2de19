import type { RecordKey } from "../model/canonical-id.ts";
import type { Ip } from "../model/ip.ts";
import type { Mac } from "../model/mac.ts";
import type { DaySet } from "./day-set.ts";
import { KINDS, type Kind } from "./kind.ts";
import type { Features } from "./observation.ts";
import {
  allAddresses,
  allVersions,
  joinLives,
  type Life,
  type RecordState,
} from "./record-state.ts";
import type { ValueType } from "./values.ts";

/** A value that may identify a device, as "type:value"; unique inside a partition. */
export type ValueKey = `${ValueType}:${string}`;

/** What clustering compares: one record with everything it ever said, the unit that is never cut. */
export interface Node extends Life {
  readonly recordNo: number;
  readonly key: RecordKey & { readonly kind: Kind };
  readonly serials: ReadonlySet<string>;
  readonly isVirtual: boolean;
  readonly assets: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
  readonly macs: ReadonlySet<Mac>;
  readonly models: ReadonlySet<string>;
  readonly vendors: ReadonlySet<string>;
  readonly addresses: ReadonlyMap<Ip, DaySet>;
}

/** The node of a record. A sighting of an address alone holds nothing but the address: names and MACs there are hearsay. */
export function nodeOf(recordNo: number, key: Node["key"], state: RecordState): Node {
  const versions = [...allVersions(state).values()];
  const isAddress = key.kind === "address";
  const features = isAddress ? [] : versions.map((version) => version.features);
  const life = versions.map((version): Life => version).reduce(joinLives);
  return {
    recordNo,
    key,
    firstMs: life.firstMs,
    lastMs: life.lastMs,
    idInput: life.idInput,
    serials: collect(features, (f) => [f.serial]),
    isVirtual: features.some((f) => f.virtual === true),
    assets: collect(features, (f) => [f.asset]),
    hosts: collect(features, (f) => [f.host]),
    macs: collect(features, (f) => [...f.macs, ...f.declared]),
    models: collect(features, (f) => [f.model]),
    vendors: collect(features, (f) => [f.vendor]),
    addresses: isAddress ? new Map([[key.native as Ip, []]]) : allAddresses(state),
  };
}

function collect<T>(
  features: readonly Features[],
  read: (f: Features) => readonly (T | undefined)[],
): ReadonlySet<T> {
  return new Set(features.flatMap(read).filter((value) => value !== undefined));
}

/** Every value that the node holds, addresses included. */
export function valuesOf(node: Node): ValueKey[] {
  return [
    ...featureValues(node),
    ...[...node.addresses.keys()].map((ip): ValueKey => `address:${ip}`),
  ];
}

/** The values that may join devices: all but addresses. */
export function featureValues(node: Node): ValueKey[] {
  return [
    ...[...node.serials].map((value): ValueKey => `serial:${value}`),
    ...[...node.assets].map((value): ValueKey => `asset:${value}`),
    ...[...node.macs].map((value): ValueKey => `mac:${value}`),
    ...[...node.hosts].map((value): ValueKey => `host:${value}`),
  ];
}

/** Total order of records: by kind as the original ranks them, then by key. Never by when they arrived. */
export function compareKeys(a: Node["key"], b: Node["key"]): number {
  return (
    KINDS[a.kind] - KINDS[b.kind] ||
    compareText(a.native, b.native) ||
    compareText(a.instance, b.instance) ||
    compareText(a.partition, b.partition)
  );
}

/** Order by UTF-16 code units, as JavaScript's own comparison: total, and the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Which of two records is the older: event time, then key. The oldest of a device is its anchor. */
export function compareAge(a: Node, b: Node): number {
  return a.firstMs - b.firstMs || compareKeys(a.key, b.key);
}
