/**
 * What operators decided, as the resolver reads it. Assertions are a set: none depends on the order in which they were made or on
 * when updates came in between, and a revoked one is as if it had never been made. Pure.
 */
import type { Node } from "./node.ts";
import type { Field } from "./saying.ts";

/** Kinds of assertion. */
export const ASSERTION_KINDS = [
  "must_link",
  "cannot_link",
  "block_value",
  "allow_value",
  "lock_field",
] as const;

/** Kind of an assertion. */
export type AssertionKind = (typeof ASSERTION_KINDS)[number];

/** A record as it was when it showed a fingerprint: should it be split, the part that is meant. */
export interface RecordPart {
  readonly recordNo: number;
  readonly fingerprint: number;
}

/** That everything of one side is, or is not, the same device as everything of the other. */
export interface Link {
  readonly assertionNo: number;
  readonly kind: "must_link" | "cannot_link";
  readonly sides: readonly [readonly RecordPart[], readonly RecordPart[]];
}

/** What a value may do: `block` is as if nobody had said it, `allow` lets it join though contested or common. */
export type Verdict = "block" | "allow";

/** An attribute whose value an operator set. */
export interface FieldLock extends RecordPart {
  readonly assertionNo: number;
  readonly field: Field;
  readonly value: string;
  readonly actor: string;
  readonly sinceMs: number;
}

/** The nodes that links speak of. */
export interface LinkedNodes {
  readonly mustLink: readonly (readonly [Node, Node])[];
  readonly mustNotLink: (a: Node, b: Node) => boolean;
}

/** The part of a record that is meant, of all its parts; the oldest where a split or an undone run left no such one. */
function meantNode({ fingerprint }: RecordPart, parts: readonly Node[]): Node | undefined {
  return parts.find(({ fingerprints }) => fingerprints.includes(fingerprint)) ?? parts[0];
}

/** Links as the pairs of nodes that clustering asks about; ends outside `nodes` say nothing here. */
export function linkedNodes(links: readonly Link[], nodes: readonly Node[]): LinkedNodes {
  if (links.length === 0) return UNLINKED;
  const byRecord = Map.groupBy(nodes, ({ recordNo }) => recordNo);
  const parted = new Map<Node, Set<Node>>();
  const mustLink: (readonly [Node, Node])[] = [];
  for (const { kind, sides } of links) {
    const [left, right] = sides.map((side) =>
      side.flatMap((part) => meantNode(part, byRecord.get(part.recordNo) ?? []) ?? []),
    );
    const linked = (left ?? []).flatMap((a) => (right ?? []).map((b) => [a, b] as const));
    for (const [a, b] of linked.filter(([one, other]) => one !== other)) {
      if (kind === "must_link") mustLink.push([a, b]);
      else keepApart(parted, a, b);
    }
  }
  return { mustLink, mustNotLink: (a, b) => parted.get(a)?.has(b) === true };
}

const UNLINKED: LinkedNodes = { mustLink: [], mustNotLink: () => false };

function keepApart(parted: Map<Node, Set<Node>>, a: Node, b: Node): void {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    parted.set(one, (parted.get(one) ?? new Set()).add(other));
  }
}

/** The locks of a device of these nodes: for each attribute the latest, on a tie the greater text. */
export function locksOf(
  nodes: readonly Node[],
  locks: readonly FieldLock[],
): ReadonlyMap<Field, FieldLock> {
  if (locks.length === 0) return UNLOCKED;
  const byRecord = Map.groupBy(nodes, ({ recordNo }) => recordNo);
  const own = locks.filter(({ recordNo, fingerprint }) =>
    (byRecord.get(recordNo) ?? []).some(({ fingerprints }) => fingerprints.includes(fingerprint)),
  );
  const latest = new Map<Field, FieldLock>();
  for (const lock of own) {
    const known = latest.get(lock.field);
    if (known === undefined || isLater(lock, known)) latest.set(lock.field, lock);
  }
  return latest;
}

const UNLOCKED: ReadonlyMap<Field, FieldLock> = new Map();

function isLater(a: FieldLock, b: FieldLock): boolean {
  return a.sinceMs > b.sinceMs || (a.sinceMs === b.sinceMs && a.value > b.value);
}
