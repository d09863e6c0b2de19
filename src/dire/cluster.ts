/**
 * Groups nodes of one partition into devices: pairs that share a usable value, best score first, joined where the points of
 * everything joined so far suffice and nothing forbids it. Pure; the order of its input does not matter.
 */
import {
  compareAge,
  compareNodes,
  isAddressKey,
  nodeName,
  type Node,
  type ValueKey,
} from "./node.ts";
import { areRivals, vouchesFor } from "./rivals.ts";
import {
  ADDRESS_DAYS_MIN,
  JOIN_POINTS,
  total,
  weigh,
  type Evidence,
  type Voices,
} from "./score.ts";
import { daysTogether } from "./together.ts";

/** A device of more records than this is a storm, not a device. */
const CLUSTER_NODES_MAX = 24;

/** Why two nodes whose evidence would join them were not joined. */
type Barrier = "same_source" | "same_record" | "never_merge" | "too_many_records" | "contradiction";

/** A pair that looked like one device and was not joined, with the evidence and the barrier. */
export interface Refused {
  readonly a: Node;
  readonly b: Node;
  readonly evidence: readonly Evidence[];
  readonly barrier: Barrier;
}

/** Nodes by device, oldest first, and the pairs that were refused. */
export interface Clustering {
  readonly groups: readonly (readonly Node[])[];
  readonly refused: readonly Refused[];
}

/** What clustering reads besides the nodes. */
export interface ClusterView extends Voices {
  /** All nodes of the partition that hold a value, also those outside. */
  readonly holders: (value: ValueKey) => readonly Node[];
  /** Values of a node, addresses included. */
  readonly valuesOf: (node: Node) => readonly ValueKey[];
  readonly mustNotLink?: (a: Node, b: Node) => boolean;
  readonly mustLink?: readonly (readonly [Node, Node])[];
}

/** Clusters the nodes. */
export function cluster(nodes: readonly Node[], view: ClusterView): Clustering {
  const groups = new Map(nodes.map((node) => [node, [node] as Node[]]));
  const refused: Refused[] = [];
  const join = (left: Node[], right: Node[]): void => {
    left.push(...right);
    for (const moved of right) groups.set(moved, left);
  };
  for (const [a, b] of view.mustLink ?? []) {
    const [left, right] = [groups.get(a), groups.get(b)];
    if (left !== undefined && right !== undefined && left !== right) join(left, right);
  }
  for (const { a, b, evidence } of candidates(nodes, view)) {
    const [left, right] = [groups.get(a), groups.get(b)];
    if (left === undefined || right === undefined || left === right) continue;
    const barrier = barrierBetween(left, right, view);
    if (barrier === undefined) join(left, right);
    else if (total(evidence) >= JOIN_POINTS) refused.push({ a, b, evidence, barrier });
  }
  return {
    groups: [...new Set(groups.values())].map((group) => group.toSorted(compareAge)),
    refused,
  };
}

interface Candidate {
  readonly a: Node;
  readonly b: Node;
  readonly evidence: readonly Evidence[];
  readonly points: number;
}

/** Pairs that share a usable value, or an address for days, in a total order: points, then keys. */
function candidates(nodes: readonly Node[], view: ClusterView): Candidate[] {
  const pairs = new Map<string, Candidate>();
  for (const [value, sharing] of sharers(nodes, view)) {
    if (sharing.length < 2 || !view.isUsable(value)) continue;
    for (const [a, b] of pairsOf(value, sharing.toSorted(compareNodes), view)) {
      const name = `${nodeName(a)} ${nodeName(b)}`;
      if (pairs.has(name)) continue;
      const evidence = weigh([a], [b], view);
      pairs.set(name, { a, b, evidence, points: total(evidence) });
    }
  }
  return [...pairs.values()].toSorted(
    (x, y) => y.points - x.points || compareNodes(x.a, y.a) || compareNodes(x.b, y.b),
  );
}

/** The nodes by each value that they hold. */
function sharers(
  nodes: readonly Node[],
  view: ClusterView,
): ReadonlyMap<ValueKey, readonly Node[]> {
  const byValue = new Map<ValueKey, Node[]>();
  for (const node of nodes) {
    for (const value of view.valuesOf(node)) {
      const known = byValue.get(value);
      if (known === undefined) byValue.set(value, [node]);
      else known.push(node);
    }
  }
  return byValue;
}

function pairsOf(
  value: ValueKey,
  sharing: readonly Node[],
  { addressesOf }: ClusterView,
): (readonly [Node, Node])[] {
  const all = sharing.flatMap((a, i) => sharing.slice(i + 1).map((b) => [a, b] as const));
  if (!isAddressKey(value)) return all;
  return all.filter(([a, b]) => daysTogether(addressesOf(a), addressesOf(b)) >= ADDRESS_DAYS_MIN);
}

function barrierBetween(
  left: readonly Node[],
  right: readonly Node[],
  view: ClusterView,
): Barrier | undefined {
  if (left.length + right.length > CLUSTER_NODES_MAX) return "too_many_records";
  for (const a of left) {
    for (const b of right) {
      if (view.mustNotLink?.(a, b) === true) return "never_merge";
      if (a.recordNo === b.recordNo) return "same_record";
      if (excludeEachOther(a, b, { left, right, view })) return "same_source";
    }
  }
  return total(weigh(left, right, view)) < JOIN_POINTS ? "contradiction" : undefined;
}

/** Two records of one source at the same time are two devices, unless something shows them as rows of one. */
function excludeEachOther(
  a: Node,
  b: Node,
  {
    left,
    right,
    view,
  }: {
    readonly left: readonly Node[];
    readonly right: readonly Node[];
    readonly view: ClusterView;
  },
): boolean {
  if (a.key.instance !== b.key.instance) return false;
  const shared = view
    .valuesOf(a)
    .filter((value) => !isAddressKey(value) && view.holders(value).includes(b));
  const areApart =
    shared.length === 0
      ? areRivals(a, b, [a, b])
      : shared.every((value) => areRivals(a, b, view.holders(value)));
  return (
    areApart && ![...left, ...right].some((witness) => vouchesFor(witness, [a, b], view.isUsable))
  );
}
