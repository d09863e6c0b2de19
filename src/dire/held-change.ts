/** What a held part would change, for the operator who decides whether it may. Pure. */
import type { CanonicalId } from "../model/canonical-id.ts";
import type { Node } from "./node.ts";
import type { Part } from "./publication-parts.ts";

/** One device that would get another id, and why. */
export interface HeldChange {
  /** The id that it has. */
  readonly id: CanonicalId;
  readonly to_id: CanonicalId;
  /** Names on both sides, as far as there are some. */
  readonly names: readonly string[];
  readonly to_names: readonly string[];
  /** What both sides say, as "type:value". Empty where a device is split. */
  readonly in_common: readonly string[];
}

/** Values shown of one change. */
const VALUES_MAX = 10;

/** Changes of a part, at most `limit`. */
export function heldChanges(
  { clusters }: Part,
  before: {
    readonly deviceOf: (node: Node) => number | undefined;
    readonly devices: ReadonlyMap<number, CanonicalId>;
  },
  limit: number,
): readonly HeldChange[] {
  const changes: HeldChange[] = [];
  for (const { id, nodes } of clusters) {
    for (const [no, own] of Map.groupBy(nodes, before.deviceOf)) {
      const former = before.devices.get(no ?? -1);
      if (former === undefined || former === id || changes.length >= limit) continue;
      const others = nodes.filter((node) => !own.includes(node));
      changes.push({
        id: former,
        to_id: id,
        names: namesOf(own),
        to_names: namesOf(others),
        in_common: [...valuesOf(own)].filter((v) => valuesOf(others).has(v)).slice(0, VALUES_MAX),
      });
    }
  }
  return changes;
}

function namesOf(nodes: readonly Node[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ hosts }) => [...hosts]))].slice(0, VALUES_MAX);
}

function valuesOf(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(
    nodes.flatMap(({ serials, assets, macs, hosts, addresses }) => [
      ...[...serials].map((value) => `serial:${value}`),
      ...[...assets].map((value) => `asset:${value}`),
      ...[...macs].map((value) => `mac:${value}`),
      ...[...hosts].map((value) => `host:${value}`),
      ...[...addresses.keys()].map((value) => `address:${value}`),
    ]),
  );
}
