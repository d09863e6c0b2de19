/** Pairs that looked like one device and were not made one, for people to look at. Pure. */
import { linkedNodes, type Link } from "./assertion.ts";
import type { Barrier, Refused } from "./cluster.ts";
import type { Node, ValueKey } from "./node.ts";
import type { Decision, Lens } from "./resolve.ts";
import { JOIN_POINTS, total, weigh, type Evidence } from "./score.ts";

/** Why records are held apart, in the original's words where it has them. */
export const QUARANTINE_REASONS = [
  "same_source_concurrent",
  "policy_blocked",
  "cannot_link",
  "too_many_records",
  "contradiction",
  "mac_only_conflict",
  "medium_confidence_only",
  "contested",
] as const;

/** Why two records are held apart. */
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** Two records that are held apart. */
export interface HeldApart {
  readonly a: Node;
  readonly b: Node;
  readonly reason: QuarantineReason;
  readonly points: number;
  readonly evidence: readonly Evidence[];
}

/** What a decision was made from. */
type Given = { readonly lens: Lens; readonly links: readonly Link[] };

/** Pairs kept of one record, the most telling: a clone of many machines is one finding, not hundreds. */
const PAIRS_OF_RECORD_MAX = 8;

const REASONS: Readonly<Record<Exclude<Barrier, "mac_alone">, QuarantineReason>> = {
  same_source: "same_source_concurrent",
  same_record: "policy_blocked",
  never_merge: "cannot_link",
  too_many_records: "too_many_records",
  contradiction: "contradiction",
};

/** What a decision held apart, given what operators say: one row a pair of records, the best of their parts. */
export function heldApart(
  { clusters, refused }: Pick<Decision, "clusters" | "refused">,
  { lens, links }: Given,
): readonly HeldApart[] {
  const best = new Map<string, HeldApart>();
  const contested = contestedPairs(clusters, { lens, links });
  const found = [...refused.map(ofRefused), ...contested].map(inOrder);
  for (const one of found) {
    const key = `${one.a.recordNo} ${one.b.recordNo}`;
    const known = best.get(key);
    if (known === undefined || one.points > known.points) best.set(key, one);
  }
  return mostTelling([...best.values()]);
}

/** By number, so that a pair is one pair whichever of the two is looked at. */
function inOrder(one: HeldApart): HeldApart {
  return one.a.recordNo <= one.b.recordNo ? one : { ...one, a: one.b, b: one.a };
}

function ofRefused({ a, b, evidence, barrier }: Refused): HeldApart {
  return { a, b, evidence, points: total(evidence), reason: reasonOf(barrier, evidence) };
}

function reasonOf(barrier: Barrier, evidence: readonly Evidence[]): QuarantineReason {
  if (barrier !== "mac_alone") return REASONS[barrier];
  return evidence.some(({ type }) => type === "mac")
    ? "mac_only_conflict"
    : "medium_confidence_only";
}

/** Records of two sources that one value would join, were it not held by several devices at once. */
function contestedPairs(
  clusters: Decision["clusters"],
  { lens, links }: Given,
): readonly HeldApart[] {
  const contested = new Set<ValueKey>();
  for (const node of clusters.flatMap(({ nodes }) => nodes)) {
    for (const value of node.values) {
      if (lens.state(value) === "contested") contested.add(value);
    }
  }
  if (contested.size === 0) return [];
  const deviceOf = new Map(
    clusters.flatMap(({ id, nodes }) => nodes.map((node) => [node, id] as const)),
  );
  const around = [...contested].flatMap((value) =>
    lens.records(value).flatMap((history) => lens.nodes(history)),
  );
  // What an operator keeps apart is decided, though the value would be contested without him too.
  const { mustNotLink } = linkedNodes(links, [...new Set([...deviceOf.keys(), ...around])]);
  return [...contested].flatMap((value) => {
    const holders = lens.holders(value);
    const inside = holders.filter((node) => deviceOf.has(node));
    return inside.flatMap((a) =>
      holders.flatMap((b) =>
        deviceOf.get(a) === deviceOf.get(b) || isSameSource(a, b)
          ? []
          : asIfUsable([a, b], { value, lens, isParted: mustNotLink(a, b) }),
      ),
    );
  });
}

function isSameSource(a: Node, b: Node): boolean {
  return a.key.instance === b.key.instance;
}

/**
 * As if the value could join. What only one of the two holds counts as it stands, contested or not: of a record outside the
 * component nothing is known of its other values, and the pair must weigh the same, in the same words, from either side: evidence that
 * differs names the older record's value first.
 */
function asIfUsable(
  pair: readonly [Node, Node],
  {
    value,
    lens,
    isParted,
  }: { readonly value: ValueKey; readonly lens: Lens; readonly isParted: boolean },
): HeldApart[] {
  const [a, b] = pair[0].recordNo <= pair[1].recordNo ? pair : ([pair[1], pair[0]] as const);
  const others = new Set(b.values);
  const shared = new Set(a.values.filter((one) => others.has(one)));
  const evidence = weigh([a], [b], {
    isUsable: (one) => one === value || !shared.has(one) || lens.state(one) === "ok",
    addressesOf: () => new Map(),
  });
  const points = total(evidence);
  const reason = isParted ? "cannot_link" : "contested";
  return points < JOIN_POINTS ? [] : [{ a, b, evidence, points, reason }];
}

function mostTelling(all: readonly HeldApart[]): readonly HeldApart[] {
  const kept = new Map<number, number>();
  const sorted = all.toSorted(
    (x, y) => y.points - x.points || x.a.recordNo - y.a.recordNo || x.b.recordNo - y.b.recordNo,
  );
  return sorted.filter(({ a, b }) => {
    const counts = [a, b].map(({ recordNo }) => kept.get(recordNo) ?? 0);
    if (counts.some((count) => count >= PAIRS_OF_RECORD_MAX)) return false;
    for (const { recordNo } of [a, b]) kept.set(recordNo, (kept.get(recordNo) ?? 0) + 1);
    return true;
  });
}
