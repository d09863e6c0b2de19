/**
 * Widens a publication until everything that changes together is loaded and decided: whole components, the records of every
 * published device that is touched, and the devices that gain or lose sightings of an address.
 */
import type { Tx } from "../db/tx.ts";
import { readFellows, readMembers } from "../inventory/device-store.ts";
import type { MemberRow } from "../inventory/member.ts";
import { invariant } from "../lib/invariant.ts";
import { canonicalId } from "../model/canonical-id.ts";
import type { Ip } from "../model/ip.ts";
import {
  readClaims,
  sightingNode,
  type AddressClaims,
  type PartitionAddress,
} from "./address-claims.ts";
import { holderOf } from "./address-owner.ts";
import type { Closure, Member } from "./closure.ts";
import { isAddressKey, type Node } from "./node.ts";
import { publishedDevice } from "./publication.ts";
import { heldApart, type HeldApart } from "./quarantine.ts";
import { addressCluster, resolve, type Cluster } from "./resolve.ts";

/** What was decided of all members of the closure, and what is published of them. */
export interface Settled {
  readonly clusters: readonly Cluster[];
  /** Pairs of them that were held apart. */
  readonly held: readonly HeldApart[];
  readonly published: readonly MemberRow[];
}

/** Rounds of pulling in devices that gain or lose a record; each adds at least one, so it ends long before. */
const ROUNDS_MAX = 100;

/** Loads and decides everything that changes with these records. */
export async function settle(
  tx: Tx,
  tenant: number,
  {
    closure,
    seeds,
    isDirty,
    hasSightings,
  }: {
    readonly closure: Closure;
    readonly seeds: readonly number[];
    /** Other records that have changed since they were decided. */
    readonly isDirty: (recordNo: number) => boolean;
    /** Whether anybody ever sighted an address alone. */
    readonly hasSightings: boolean;
  },
): Promise<Settled> {
  const settling = new Settling({ tx, tenant, closure, seeds, isDirty, hasSightings });
  let frontier = seeds;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const hung = await settling.take(frontier);
    if (hung.outside.length === 0) {
      const { held, published } = settling;
      return { clusters: hung.clusters, held, published };
    }
    frontier = hung.outside;
  }
  throw new Error(`invariant broken: a publication settles within ${ROUNDS_MAX} rounds`);
}

/** Clusters with their sightings, and records that have to be loaded before that is final. */
interface Hung {
  readonly clusters: readonly Cluster[];
  readonly outside: readonly number[];
}

type Settlement = {
  readonly tx: Tx;
  readonly tenant: number;
  readonly closure: Closure;
  readonly seeds: readonly number[];
  readonly isDirty: (recordNo: number) => boolean;
  readonly hasSightings: boolean;
};

class Settling {
  readonly #tx: Tx;
  readonly #tenant: number;
  readonly #closure: Closure;
  readonly #isChanged: (recordNo: number) => boolean;
  readonly #hasSightings: boolean;
  /** Published membership of members, and of others that claim or sight an address. */
  readonly #rows = new Map<number, readonly MemberRow[]>();
  readonly #clusters: Cluster[] = [];
  readonly #held: HeldApart[] = [];
  /** Clusters by record, once somebody asks. */
  #clusterOf: ReadonlyMap<number, readonly (readonly [Node, Cluster])[]> | undefined;
  readonly #claims = new Map<string, AddressClaims>();
  /** Addresses that have just become too common to be anybody's. */
  readonly #turned = new Set<string>();

  constructor({ tx, tenant, closure, seeds, isDirty, hasSightings }: Settlement) {
    this.#tx = tx;
    this.#tenant = tenant;
    this.#closure = closure;
    const own = new Set(seeds);
    this.#isChanged = (no) => own.has(no) || isDirty(no);
    this.#hasSightings = hasSightings;
  }

  /** Pairs of members that were held apart. */
  get held(): readonly HeldApart[] {
    return this.#held;
  }

  /** Published membership of all members. */
  get published(): readonly MemberRow[] {
    return [...this.#closure.members.keys()].flatMap((no) => this.#rows.get(no) ?? []);
  }

  /** Takes in more records with all that changes with them. What was decided before stands: components are whole. */
  async take(recordNos: readonly number[]): Promise<Hung> {
    const fresh = await this.#gather(recordNos);
    const { clusters, held } = decide(fresh, this.#closure);
    for (const pair of held) this.#held.push(pair);
    for (const found of clusters) this.#clusters.push(found);
    this.#clusterOf = undefined;
    await this.#ask(fresh);
    return this.#hang();
  }

  /** Components of records, and of all other records of the devices that these are published with. */
  async #gather(recordNos: readonly number[]): Promise<readonly Member[]> {
    const gathered: Member[] = [];
    let frontier = recordNos;
    while (frontier.length > 0) {
      const fresh = await this.#closure.widen(frontier);
      for (const member of fresh) gathered.push(member);
      const own = fresh.map(({ history }) => history.recordNo);
      const known = own.filter((no) => !this.#closure.isAlone(no));
      const rows = known.length === 0 ? [] : await readFellows(this.#tx, this.#tenant, known);
      this.#note(known, rows);
      frontier = rows
        .map(({ recordNo }) => recordNo)
        .filter((no) => !this.#closure.members.has(no));
    }
    return gathered;
  }

  #note(recordNos: readonly number[], rows: readonly MemberRow[]): void {
    const byRecord = Map.groupBy(rows, ({ recordNo }) => recordNo);
    for (const no of recordNos) this.#rows.set(no, byRecord.get(no) ?? []);
  }

  async #readRows(recordNos: readonly number[]): Promise<void> {
    const missing = recordNos.filter((no) => !this.#rows.has(no));
    if (missing.length > 0) this.#note(missing, await readMembers(this.#tx, this.#tenant, missing));
  }

  /** Whose addresses may be others' now: those of sightings at hand, what changed records show, and what nobody may claim any more. */
  async #ask(fresh: readonly Member[]): Promise<void> {
    if (!this.#hasSightings) return;
    const turned = this.#closure.decided
      .filter(({ value }) => isAddressKey(value))
      .map(({ partitionNo, value }) => ({ partitionNo, address: value.slice("address:".length) }));
    const asked = [...fresh.flatMap((member) => this.#addressesOf(member)), ...turned].filter(
      (a) => !this.#claims.has(addressName(a)),
    );
    for (const address of turned) this.#turned.add(addressName(address));
    if (asked.length === 0) return;
    const wanted = [...new Map(asked.map((a) => [addressName(a), a])).values()];
    for (const claims of await readClaims(this.#tx, this.#tenant, wanted)) {
      this.#claims.set(addressName(claims), claims);
    }
    const others = wanted.flatMap((a) => {
      const claims = this.#claims.get(addressName(a));
      return claims === undefined ? [] : [...claims.sightings, ...claims.claimants];
    });
    await this.#closure.peek(others);
    await this.#readRows(others);
  }

  #addressesOf({ history, loaded }: Member): readonly PartitionAddress[] {
    const { partitionNo } = loaded.row;
    if (history.key.kind === "address") return [{ partitionNo, address: history.key.native }];
    if (!this.#isChanged(history.recordNo)) return [];
    return loaded.state.content.addresses.map((address) => ({ partitionNo, address }));
  }

  #hang(): Hung {
    const outside: number[] = [];
    const alone: Cluster[] = [];
    const attached = new Map<Cluster, Node[]>();
    for (const claims of this.#claims.values()) {
      const holder = this.#holderOf(claims);
      if (this.#stays(claims, holder)) continue;
      outside.push(...claims.sightings);
      const nodes = claims.sightings
        .flatMap((no) => this.#closure.seen(no) ?? [])
        .map(sightingNode);
      const cluster = holder === undefined ? undefined : this.#inside(holder);
      if (holder === undefined) alone.push(addressCluster(nodes));
      else if (cluster === undefined) outside.push(holder.history.recordNo);
      else attached.set(cluster, [...(attached.get(cluster) ?? []), ...nodes]);
    }
    const whole = this.#clusters.map((cluster) => {
      const hung = attached.get(cluster);
      return hung === undefined ? cluster : { ...cluster, nodes: [...cluster.nodes, ...hung] };
    });
    const missing = outside.filter((no) => !this.#closure.members.has(no));
    return { clusters: [...whole, ...alone], outside: missing };
  }

  #holderOf({ address, claimants }: AddressClaims): Member | undefined {
    const members = claimants.flatMap((no) => this.#closure.seen(no) ?? []);
    const holder = holderOf(
      address as Ip,
      members.map(({ history, loaded }) => ({
        history,
        current: loaded.state.content.addresses,
      })),
    );
    return holder === undefined ? undefined : this.#closure.seen(holder.recordNo);
  }

  /** Sightings that are where they belong, and of which nothing is touched by this publication, need not be loaded. */
  #stays({ sightings, isGeneric, ...address }: AddressClaims, holder: Member | undefined): boolean {
    const touched = [...sightings, ...(holder === undefined ? [] : [holder.history.recordNo])];
    if (touched.some((no) => this.#closure.members.has(no))) return false;
    if (holder === undefined) return isGeneric && !this.#turned.has(addressName(address));
    const rows = touched.flatMap((no) => this.#rows.get(no) ?? []);
    const device = publishedDevice(rows);
    const theirs = device(currentPart(holder));
    return sightings.every((no) => this.#rows.get(no)?.[0]?.deviceNo === theirs);
  }

  /** The cluster of what a member shows now. */
  #inside({ history, loaded }: Member): Cluster | undefined {
    const parts = this.#clustersByRecord().get(history.recordNo) ?? [];
    const { fingerprint } = loaded.state.content;
    return parts.find(([node]) => node.fingerprints.includes(fingerprint))?.[1];
  }

  #clustersByRecord(): ReadonlyMap<number, readonly (readonly [Node, Cluster])[]> {
    this.#clusterOf ??= Map.groupBy(
      this.#clusters.flatMap((found) => found.nodes.map((node) => [node, found] as const)),
      ([node]) => node.recordNo,
    );
    return this.#clusterOf;
  }
}

function decide(
  members: readonly Member[],
  closure: Closure,
): { readonly clusters: readonly Cluster[]; readonly held: readonly HeldApart[] } {
  const records: Member[] = [];
  const alone: Cluster[] = [];
  for (const member of members) {
    const { key, recordNo } = member.history;
    if (closure.isAlone(recordNo)) alone.push(aloneCluster(member, closure));
    else if (key.kind !== "address") records.push(member);
  }
  const byPartition = Map.groupBy(records, ({ loaded }) => loaded.row.partitionNo);
  const decided = [...byPartition].map(([partitionNo, own]) => {
    const lens = closure.lens(partitionNo);
    const histories = own.map(({ history }) => history);
    const given = { lens, links: closure.links };
    const decision = resolve(histories, given);
    return { clusters: decision.clusters, held: heldApart(decision, given) };
  });
  return {
    clusters: [...alone, ...decided.flatMap(({ clusters }) => clusters)],
    held: decided.flatMap(({ held }) => held),
  };
}

/** As resolve would have it. */
function aloneCluster({ history, loaded }: Member, closure: Closure): Cluster {
  const [anchor] = closure.lens(loaded.row.partitionNo).nodes(history);
  invariant(anchor !== undefined, "a record of one version is one node");
  return { id: canonicalId(anchor.idInput), anchor, nodes: [anchor] };
}

function currentPart({ history, loaded }: Member): Pick<Node, "recordNo" | "fingerprints"> {
  return { recordNo: history.recordNo, fingerprints: [loaded.state.content.fingerprint] };
}

function addressName({ partitionNo, address }: PartitionAddress): string {
  return `${partitionNo} ${address}`;
}
