import { ratio } from "./agreement.ts";
import type { AssignLine } from "./lines.ts";

/** How two answers to the same updates differ, one of them given in another order, or after a crash. */
export interface OrderCheck {
  /** Lines whose cluster holds exactly the same lines in both. */
  readonly same_cluster: number;
  /** Lines with the same id in both. */
  readonly same_id: number;
  readonly is_same_clusters: boolean;
  readonly is_same_ids: boolean;
}

/** Compares two answers line by line; a line that only one of them has is a difference. */
export function compareOrder(
  first: Iterable<AssignLine>,
  second: Iterable<AssignLine>,
): OrderCheck {
  const [a, b] = [idsByLine(first), idsByLine(second)];
  const [sizesA, sizesB] = [sizes(a.values()), sizes(b.values())];
  const both = sizes([...a].map(([i, id]) => `${id}\0${b.get(i)}`));
  const lines = [...new Set([...a.keys(), ...b.keys()])];
  const sameCluster = lines.filter((i) => {
    const [idA, idB] = [a.get(i) ?? "", b.get(i) ?? ""];
    const shared = both.get(`${idA}\0${idB}`);
    return shared !== undefined && shared === sizesA.get(idA) && shared === sizesB.get(idB);
  }).length;
  const sameId = lines.filter((i) => a.get(i) === b.get(i)).length;
  return {
    same_cluster: ratio(sameCluster, lines.length),
    same_id: ratio(sameId, lines.length),
    is_same_clusters: sameCluster === lines.length,
    is_same_ids: sameId === lines.length,
  };
}

/** Rejected lines are all in one cluster: being rejected must not depend on order either. */
const REJECTED = "rejected";

function idsByLine(lines: Iterable<AssignLine>): ReadonlyMap<number, string> {
  const ids = new Map<number, string>();
  for (const { i, id } of lines) ids.set(i, id ?? REJECTED);
  return ids;
}

function sizes(values: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
