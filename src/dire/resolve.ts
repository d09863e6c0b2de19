/**
 * DIRE's decision: which records are one device and what its id is. A pure function over the records of whole
 * components, so it gives the same answer in any order, on any replica, after any crash.
 *
 * First version: no incarnations, siblings or life times yet; what it reads (all versions of all records) is what the
 * full engine reads too.
 */
import { invariant } from "../lib/invariant.ts";
import { canonicalId, derivedId, type CanonicalId } from "../model/canonical-id.ts";
import { cluster } from "./cluster.ts";
import { compareAge, type Node, type ValueKey } from "./node.ts";

/** One device: its records, oldest first; the first is the anchor, which gives the id. */
export interface Cluster {
  readonly id: CanonicalId;
  readonly anchor: Node;
  readonly nodes: readonly Node[];
}

/** What is known beyond the nodes themselves. */
export interface Surroundings {
  /** Whether a value may join records: from all its holders, also those outside. */
  readonly isUsable: (value: ValueKey) => boolean;
  /** Records, this one included, whose id rule may give the same id: same partition, kind and native id. */
  readonly namesakes: (node: Node) => readonly Node[];
}

/** The devices of a set of complete components of one partition, in no particular order. Address records are left out. */
export function resolve(nodes: readonly Node[], around: Surroundings): readonly Cluster[] {
  const records = nodes.filter(({ key }) => key.kind !== "address");
  return cluster(records, around.isUsable).map((group) => {
    const [anchor] = group;
    invariant(anchor !== undefined, "a cluster has at least one record");
    return { id: idOf(anchor, around), anchor, nodes: group };
  });
}

/** The device of an address that no record claims: all its sightings, from whichever source. */
export function addressCluster(nodes: readonly Node[]): Cluster {
  const [anchor] = nodes.toSorted(compareAge);
  invariant(anchor !== undefined, "an address has at least one sighting");
  return { id: canonicalId(anchor.idInput), anchor, nodes: nodes.toSorted(compareAge) };
}

/** The rule's id belongs to the oldest record that it gives; the others derive theirs (decisions 4). */
function idOf(anchor: Node, around: Surroundings): CanonicalId {
  const rivals = around.namesakes(anchor).filter(({ idInput }) => idInput === anchor.idInput);
  const [owner = anchor] = rivals.toSorted(compareAge);
  return owner.recordNo === anchor.recordNo
    ? canonicalId(anchor.idInput)
    : derivedId(anchor.idInput, anchor.key);
}
