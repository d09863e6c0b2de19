/**
 * DIRE's decision: which records are one device and what its id is. A pure function over the histories of whole
 * components, so it gives the same answer in any order, on any replica, after any crash.
 */
import { invariant } from "../lib/invariant.ts";
import { canonicalId, derivedId, type CanonicalId } from "../model/canonical-id.ts";
import { linkedNodes, type Link } from "./assertion.ts";
import { splitByName } from "./chimera.ts";
import { cluster, type ClusterView, type Join, type Refused } from "./cluster.ts";
import { incarnationsOf } from "./incarnations.ts";
import {
  compareAge,
  isAddressKey,
  nodeOf,
  plainNode,
  type Node,
  type RecordHistory,
  type ValueKey,
} from "./node.ts";
import type { AddressDays, Version } from "./record-state.ts";
import { ADDRESS_DAYS_MIN } from "./score.ts";
import { daysTogether } from "./together.ts";
import { valueState, type ValueState } from "./value-state.ts";

/** One device: its nodes, oldest first; the first is the anchor, which gives the id. */
export interface Cluster {
  readonly id: CanonicalId;
  readonly anchor: Node;
  readonly nodes: readonly Node[];
}

/** What is known of the records around. */
export interface Surroundings {
  /**
   * All records of the partition that hold a value, these included; "generic" where they are too many to load. Of an address,
   * whether they are too many is all that is asked.
   */
  readonly holders: (value: ValueKey) => readonly RecordHistory[] | "generic";
  /** Records that were with this one for days, at whichever address. */
  readonly neighbours: (history: RecordHistory) => readonly RecordHistory[];
  /** Records, this one included, whose id rule may give the same id: same partition, kind and native id. */
  readonly namesakes: (history: RecordHistory) => readonly RecordHistory[];
  /** Values that an operator allows to join records, however many hold them. */
  readonly isAllowed?: (value: ValueKey) => boolean;
}

/** What was decided. */
export interface Decision {
  readonly clusters: readonly Cluster[];
  readonly joins: readonly Join[];
  readonly refused: readonly Refused[];
}

/** Devices of a set of complete components of one partition, in no particular order, given what operators say of them. */
export function resolve(
  histories: readonly RecordHistory[],
  { lens, links }: { readonly lens: Lens; readonly links: readonly Link[] },
): Decision {
  const nodes = histories.flatMap((history) => lens.nodes(history));
  const { groups, joins, refused } = cluster(nodes, viewOf(lens, links, nodes));
  return { clusters: groups.map((group) => named(group, lens)), joins, refused };
}

/** What clustering of these nodes looks at. */
export function viewOf(lens: Lens, links: readonly Link[], nodes: readonly Node[]): ClusterView {
  return {
    holders: (value) => lens.holders(value),
    isUsable: (value) => lens.state(value) === "ok",
    addressesOf: (node) => lens.addresses(node),
    ...linkedNodes(links, nodes),
  };
}

/** Who holds a value, and what it is worth once somebody has asked. */
type Found = { readonly holders: readonly Node[]; state: ValueState | undefined };

/** Sees records as nodes and values as what they are worth, each worked out once. */
export class Lens {
  readonly #around: Surroundings;
  readonly #nodes = new Map<number, readonly Node[]>();
  readonly #histories = new Map<number, RecordHistory>();
  readonly #found = new Map<ValueKey, Found>();
  readonly #addresses = new Map<Node, AddressDays>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** The parts of a record that are one machine each. */
  nodes(history: RecordHistory): readonly Node[] {
    const known = this.#nodes.get(history.recordNo);
    if (known !== undefined) return known;
    const plain = plainNode(history);
    const nodes =
      plain === undefined
        ? this.#partsOf(history).map((versions, part) => nodeOf(history, part, versions))
        : [plain];
    this.#nodes.set(history.recordNo, nodes);
    this.#histories.set(history.recordNo, history);
    return nodes;
  }

  /** What only ever said one thing, as nearly every record, is one part. */
  #partsOf(history: RecordHistory): readonly (readonly Version[])[] {
    if (history.versions.length === 1) return [history.versions];
    return splitByName(history, (value) => this.records(value)).flatMap((versions) =>
      incarnationsOf(versions, history.addresses),
    );
  }

  /** Records that hold a value; none where it is generic. */
  records(value: ValueKey): readonly RecordHistory[] {
    const held = this.#around.holders(value);
    return held === "generic" ? [] : held;
  }

  /** Nodes that hold a value; none where it is generic. */
  holders(value: ValueKey): readonly Node[] {
    return this.#find(value).holders;
  }

  /** What a value is worth. */
  state(value: ValueKey): ValueState {
    const found = this.#find(value);
    found.state ??= valueState(found.holders);
    return found.state;
  }

  #find(value: ValueKey): Found {
    const known = this.#found.get(value);
    if (known !== undefined) return known;
    const found = this.#look(value);
    this.#found.set(value, found);
    return found;
  }

  #look(value: ValueKey): Found {
    const held = this.#around.holders(value);
    if (held === "generic") return { holders: [], state: "generic" };
    if (isAddressKey(value)) return { holders: [], state: "ok" };
    const [only, ...others] = held;
    const all =
      only !== undefined && others.length === 0
        ? this.nodes(only)
        : held.flatMap((history) => this.nodes(history));
    const saysIt = (node: Node): boolean => node.values.includes(value);
    const holders = all.every(saysIt) ? all : all.filter(saysIt);
    // No record is its own rival.
    const isFree = held.length < 2 || this.#around.isAllowed?.(value) === true;
    return { holders, state: isFree ? "ok" : undefined };
  }

  /**
   * Addresses of a record under decision that may speak: not those of very many, nor those that another record of its source
   * holds beside it for days, as a cluster's or a translated one.
   */
  addresses(node: Node): AddressDays {
    const known = this.#addresses.get(node);
    if (known !== undefined) return known;
    const beside = this.#around
      .neighbours(this.historyOf(node))
      .filter(({ key, recordNo }) => isRow(node, { key, recordNo }))
      .flatMap((history) => this.nodes(history))
      .filter((other) => daysTogether(node.addresses, other.addresses) >= ADDRESS_DAYS_MIN);
    const speaking = new Map(
      [...node.addresses].filter(
        ([ip]) =>
          this.state(`address:${ip}`) === "ok" &&
          !beside.some(({ addresses }) => addresses.has(ip)),
      ),
    );
    this.#addresses.set(node, speaking);
    return speaking;
  }

  /** Nodes whose id rule gives the same input as this one's, this one included. */
  rivalsForId(node: Node, history: RecordHistory): readonly Node[] {
    const namesakes = this.#around.namesakes(history);
    if (namesakes.length < 2 && this.nodes(history).length < 2) return [node];
    return namesakes
      .filter(({ versions }) => versions.some(({ idInput }) => idInput === node.idInput))
      .flatMap((namesake) => this.nodes(namesake))
      .filter(({ idInput }) => idInput === node.idInput);
  }

  /** The history that a node is part of. */
  historyOf(node: Node): RecordHistory {
    const found = this.#histories.get(node.recordNo);
    invariant(found !== undefined, "a node was made of a history that the lens has seen");
    return found;
  }
}

/** Whether a record is another row of the node's own source. */
function isRow(node: Node, { key, recordNo }: Pick<RecordHistory, "key" | "recordNo">): boolean {
  return key.instance === node.key.instance && recordNo !== node.recordNo;
}

/** The device of an address that no record claims: all its sightings, from whichever source. */
export function addressCluster(nodes: readonly Node[]): Cluster {
  const sorted = nodes.toSorted(compareAge);
  const [anchor] = sorted;
  invariant(anchor !== undefined, "an address has at least one sighting");
  return { id: canonicalId(anchor.idInput), anchor, nodes: sorted };
}

function named(group: readonly Node[], lens: Lens): Cluster {
  const [anchor] = group;
  invariant(anchor !== undefined, "a cluster has at least one node");
  return { id: idOf(anchor, lens), anchor, nodes: group };
}

/** The rule's id belongs to the oldest node that it gives; the others derive theirs (decisions 4). */
function idOf(anchor: Node, lens: Lens): CanonicalId {
  const rivals = lens.rivalsForId(anchor, lens.historyOf(anchor)).toSorted(compareAge);
  const [owner = anchor] = rivals;
  if (owner.recordNo === anchor.recordNo && owner.part === anchor.part) {
    return canonicalId(anchor.idInput);
  }
  // Two lives of one record share its key; which of them it is tells them apart.
  const lives = rivals.filter(({ recordNo }) => recordNo === anchor.recordNo);
  const nth = lives.findIndex(({ part }) => part === anchor.part);
  const isFirst = nth <= 0 || (nth === 1 && owner.recordNo === anchor.recordNo);
  return derivedId(
    anchor.idInput,
    isFirst ? anchor.key : { ...anchor.key, native: `${anchor.key.native}\0${nth}` },
  );
}
