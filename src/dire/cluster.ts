import { unionDays } from "./day-set.ts";
import { compareAge, compareKeys, featureValues, type Node, type ValueKey } from "./node.ts";
import { JOIN_POINTS, total, weigh, type Entity } from "./score.ts";

/** A device of more records than this is a storm, not a device. */
export const CLUSTER_RECORDS_MAX = 24;
/** A value held by more records than this says nothing of one device. */
export const VALUE_HOLDERS_MAX = 16;

/** How far a value may speak: `contested` values are held by two records of one source, `generic` ones by too many. */
export type ValueState = "ok" | "contested" | "generic";

/** What a value is worth, from all records that hold it. A source lists each device once, so two holders contest it. */
export function valueState(holders: readonly Pick<Node, "key">[]): ValueState {
  if (holders.length > VALUE_HOLDERS_MAX) return "generic";
  const instances = new Set(holders.map(({ key }) => key.instance));
  return instances.size < holders.length ? "contested" : "ok";
}

/**
 * Groups nodes of one partition into devices: pairs that share a usable value, best score first, joined where the
 * points suffice and nothing forbids it. A pure function of its input: the order of `nodes` does not matter.
 */
export function cluster(
  nodes: readonly Node[],
  isUsable: (value: ValueKey) => boolean,
): readonly (readonly Node[])[] {
  const groups = new Map(nodes.map((node) => [node, [node] as Node[]]));
  for (const { a, b } of candidates(nodes, isUsable)) {
    const [left, right] = [groups.get(a), groups.get(b)];
    if (left === undefined || right === undefined || left === right || isForbidden(left, right)) {
      continue;
    }
    if (total(weigh(entityOf(left), entityOf(right), isUsable)) < JOIN_POINTS) continue;
    left.push(...right);
    for (const moved of right) groups.set(moved, left);
  }
  return [...new Set(groups.values())].map((group) => group.toSorted(compareAge));
}

interface Candidate {
  readonly a: Node;
  readonly b: Node;
  readonly points: number;
}

function candidates(nodes: readonly Node[], isUsable: (value: ValueKey) => boolean): Candidate[] {
  const holders = Map.groupBy(
    nodes.flatMap((node) =>
      featureValues(node)
        .filter(isUsable)
        .map((value) => ({ node, value })),
    ),
    ({ value }) => value,
  );
  const pairs = new Map<string, Candidate>();
  for (const [a, b] of [...holders.values()].flatMap((held) =>
    pairsOf(held.map(({ node }) => node)),
  )) {
    const name = `${a.recordNo} ${b.recordNo}`;
    if (!pairs.has(name)) pairs.set(name, { a, b, points: total(weigh(a, b, isUsable)) });
  }
  return [...pairs.values()].toSorted(
    (x, y) => y.points - x.points || compareKeys(x.a.key, y.a.key) || compareKeys(x.b.key, y.b.key),
  );
}

/** All pairs of the holders of one value, each pair's smaller key first. */
function pairsOf(holders: readonly Node[]): (readonly [Node, Node])[] {
  const sorted = holders.toSorted((a, b) => compareKeys(a.key, b.key));
  return sorted.flatMap((a, i) => sorted.slice(i + 1).map((b) => [a, b] as const));
}

/** Two records of one source are two devices, and a device has a bounded number of records. */
function isForbidden(left: readonly Node[], right: readonly Node[]): boolean {
  if (left.length + right.length > CLUSTER_RECORDS_MAX) return true;
  const instances = new Set(left.map(({ key }) => key.instance));
  return right.some(({ key }) => instances.has(key.instance));
}

function entityOf(group: readonly Node[]): Entity {
  const [first, ...rest] = group;
  if (first !== undefined && rest.length === 0) return first;
  const addresses = new Map<
    Node["addresses"] extends ReadonlyMap<infer K, unknown> ? K : never,
    readonly (readonly [number, number])[]
  >();
  for (const node of group) {
    for (const [ip, days] of node.addresses) {
      addresses.set(ip, unionDays(addresses.get(ip) ?? [], days));
    }
  }
  return {
    serials: unionOf(group, (node) => node.serials),
    isVirtual: group.some((node) => node.isVirtual),
    assets: unionOf(group, (node) => node.assets),
    hosts: unionOf(group, (node) => node.hosts),
    macs: unionOf(group, (node) => node.macs),
    models: unionOf(group, (node) => node.models),
    vendors: unionOf(group, (node) => node.vendors),
    addresses,
  };
}

function unionOf<T>(group: readonly Node[], read: (node: Node) => ReadonlySet<T>): ReadonlySet<T> {
  return new Set(group.flatMap((node) => [...read(node)]));
}
