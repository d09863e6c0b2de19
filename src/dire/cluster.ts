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
export const CLUSTER_NODES_MAX = 24;

/** Why two nodes whose evidence would join them were not joined. */
export type Barrier =
  | "same_source"
  | "same_record"
  | "never_merge"
  | "too_many_records"
  | "contradiction"
  /** A MAC alone, global or local, is too little: docks and dongles go from hand to hand. */
  | "mac_alone";

/** A pair that looked like one device and was not joined, with the evidence and the barrier. */
export interface Refused {
  readonly a: Node;
  readonly b: Node;
  readonly evidence: readonly Evidence[];
  readonly barrier: Barrier;
}

/** A step that made a device: the pair that brought two groups together, and what all of both say. */
export interface Join {
  readonly a: Node;
  readonly b: Node;
  /** Of both groups, whole; empty where an operator joined them. */
  readonly evidence: readonly Evidence[];
}

/** Nodes by device, oldest first, how they came together, and the pairs that were refused. */
export interface Clustering {
  readonly groups: readonly (readonly Node[])[];
  readonly joins: readonly Join[];
  readonly refused: readonly Refused[];
}

/** What clustering reads besides the nodes. */
export interface ClusterView extends Voices {
  /** All nodes of the partition that hold a value, also those outside. */
  readonly holders: (value: ValueKey) => readonly Node[];
  readonly mustNotLink?: (a: Node, b: Node) => boolean;
  readonly mustLink?: readonly (readonly [Node, Node])[];
}

/** Clusters the nodes. */
export function cluster(nodes: readonly Node[], view: ClusterView): Clustering {
  const groups = new Groups(nodes);
  const devices = new Groups(nodes);
  const joins = joinAsserted(devices, view);
  const refused: Refused[] = [];
  for (const { a, b, evidence } of candidates(nodes, view)) {
    const [left, right] = [groups.of(a), groups.of(b)];
    if (left === right) continue;
    const barrier = devices.arePartedBy(view, a, b)
      ? "never_merge"
      : barrierBetween(left, right, { view, ofPair: evidence });
    if (typeof barrier === "string") {
      if (total(evidence) >= JOIN_POINTS) refused.push({ a, b, evidence, barrier });
      else if (isMacAlone(evidence)) refused.push({ a, b, evidence, barrier: "mac_alone" });
      continue;
    }
    groups.join(a, b);
    devices.join(a, b);
    joins.push({ a, b, evidence: barrier });
  }
  return {
    groups: devices.all().map((group) => (group.length < 2 ? group : group.toSorted(compareAge))),
    joins,
    refused: refused.filter(({ a, b }) => devices.of(a) !== devices.of(b)),
  };
}

/**
 * An operator's merge makes one device of two groups and changes nothing else: evidence is still weighed within each, so that
 * values in which the two differ drive none of their records away.
 */
function joinAsserted(devices: Groups, view: ClusterView): Join[] {
  const joins: Join[] = [];
  const pairs = (view.mustLink ?? []).map(([a, b]) =>
    compareNodes(a, b) < 0 ? ([a, b] as const) : ([b, a] as const),
  );
  for (const [a, b] of pairs.toSorted(
    (x, y) => compareNodes(x[0], y[0]) || compareNodes(x[1], y[1]),
  )) {
    if (devices.of(a) === devices.of(b) || devices.arePartedBy(view, a, b)) continue;
    devices.join(a, b);
    joins.push({ a, b, evidence: [] });
  }
  return joins;
}

/** Which nodes are together so far. */
class Groups {
  readonly #nodes: readonly Node[];
  /** Of nodes that were asked for; all others are alone. */
  readonly #of = new Map<Node, Node[]>();

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  of(node: Node): readonly Node[] {
    return this.#groupOf(node);
  }

  #groupOf(node: Node): Node[] {
    const known = this.#of.get(node);
    if (known !== undefined) return known;
    const alone = [node];
    this.#of.set(node, alone);
    return alone;
  }

  join(a: Node, b: Node): void {
    const [left, right] = [this.#groupOf(a), this.#groupOf(b)];
    if (left === right) return;
    left.push(...right);
    for (const moved of right) this.#of.set(moved, left);
  }

  all(): (readonly Node[])[] {
    return [...new Set(this.#nodes.map((node) => this.#of.get(node) ?? [node]))];
  }

  /** Whether an operator keeps anything of one group apart from anything of the other. */
  arePartedBy({ mustNotLink }: ClusterView, a: Node, b: Node): boolean {
    const [left, right] = [this.of(a), this.of(b)];
    if (mustNotLink === undefined || left === right) return false;
    return left.some((x) => right.some((y) => mustNotLink(x, y)));
  }
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

/** The nodes by each value that they hold; values that only one node holds are mostly left out. */
function sharers(
  nodes: readonly Node[],
  view: ClusterView,
): ReadonlyMap<ValueKey, readonly Node[]> {
  const byValue = new Map<ValueKey, Node[]>();
  for (const node of nodes) {
    for (const value of node.values) {
      if (!isAddressKey(value) && view.holders(value).length < 2) continue;
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

/** What keeps two groups apart whatever they agree in; undefined where only points are missing, or nothing is. */
export function whyApart(
  left: readonly Node[],
  right: readonly Node[],
  view: ClusterView,
): Barrier | undefined {
  const isParted = left.some((a) => right.some((b) => view.mustNotLink?.(a, b) === true));
  if (isParted) return "never_merge";
  const barrier = barrierBetween(left, right, { view });
  return typeof barrier === "string" && barrier !== "contradiction" ? barrier : undefined;
}

/** A MAC in common, and nothing that speaks against it, but nothing else that counts for it. */
function isMacAlone(evidence: readonly Evidence[]): boolean {
  const against = evidence.some(({ points }) => points < 0);
  return !against && evidence.some(({ type }) => type === "mac" || type === "localMac");
}

/** What keeps two groups apart, or the evidence that joins them. `ofPair`: what was weighed of one node of each. */
function barrierBetween(
  left: readonly Node[],
  right: readonly Node[],
  { view, ofPair }: { readonly view: ClusterView; readonly ofPair?: readonly Evidence[] },
): Barrier | readonly Evidence[] {
  if (left.length + right.length > CLUSTER_NODES_MAX) return "too_many_records";
  for (const a of left) {
    for (const b of right) {
      if (a.recordNo === b.recordNo) return "same_record";
      if (excludeEachOther(a, b, { left, right, view })) return "same_source";
    }
  }
  const isPair = left.length === 1 && right.length === 1;
  const evidence = (isPair ? ofPair : undefined) ?? weigh(left, right, view);
  return total(evidence) < JOIN_POINTS ? "contradiction" : evidence;
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
  const shared = a.values.filter(
    (value) => !isAddressKey(value) && view.holders(value).includes(b),
  );
  const areApart =
    shared.length === 0
      ? areRivals(a, b, [a, b])
      : shared.every((value) => areRivals(a, b, view.holders(value)));
  return (
    areApart && ![...left, ...right].some((witness) => vouchesFor(witness, [a, b], view.isUsable))
  );
}
