/**
 * Sightings of an address alone (a sweep's) hang on the device whose address it was, and make a provisional device of their
 * own where none or several could be meant. Decided after clustering and outside components, because leases would chain them all.
 */
import type { Tx } from "../db/tx.ts";
import type { MemberRow } from "../inventory/member.ts";
import type { Ip } from "../model/ip.ts";
import { ownerOnDay, type Claim } from "./address-owner.ts";
import type { Member } from "./closure.ts";
import { dayOf } from "./day-set.ts";
import { holderKey, readHolders, type PartitionValue } from "./history-store.ts";
import { KINDS } from "./kind.ts";
import { addressDays, nodeOf, type Node } from "./node.ts";
import type { Cluster } from "./resolve.ts";
import { isObserver } from "./rivals.ts";
import { VALUE_HOLDERS_MAX } from "./value-state.ts";

/** One address with its sightings and the other records that claim it. */
export interface AddressClaims {
  readonly partitionNo: number;
  readonly address: string;
  readonly sightings: readonly number[];
  readonly claimants: readonly number[];
}

/** An address in a partition. */
export interface PartitionAddress {
  readonly partitionNo: number;
  readonly address: string;
}

/** Claims of those addresses that somebody sighted alone. An address of very many records is nobody's in particular. */
export async function readClaims(
  tx: Tx,
  tenant: number,
  addresses: readonly PartitionAddress[],
): Promise<readonly AddressClaims[]> {
  const values = addresses.map(({ partitionNo, address }): PartitionValue => ({
    partitionNo,
    value: `address:${address}`,
  }));
  const holders = await readHolders(tx, tenant, { values, limit: VALUE_HOLDERS_MAX + 1 });
  const sightings = await findSightings(tx, tenant, [...new Set([...holders.values()].flat())]);
  return addresses.flatMap(({ partitionNo, address }) => {
    const held = holders.get(holderKey({ partitionNo, value: `address:${address}` })) ?? [];
    const own = held.filter((no) => sightings.has(no));
    if (own.length === 0) return [];
    const others = held.filter((no) => !sightings.has(no));
    return [
      {
        partitionNo,
        address,
        sightings: own,
        claimants: held.length > VALUE_HOLDERS_MAX ? [] : others,
      },
    ];
  });
}

async function findSightings(
  tx: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<ReadonlySet<number>> {
  const { rows } = await tx.query<{ record_no: number }>(
    "select record_no from sync.records where tenant = $1 and record_no = any($2::int[]) and kind = $3",
    [tenant, recordNos, KINDS.address],
  );
  return new Set(rows.map((row) => row.record_no));
}

/** A device that may own an address: one of those being decided, or one that stays as it is published. */
export type Owner = Cluster | number;

/** What is known of who owns what. */
export interface Ownership {
  /** Nodes of the records being decided, with their clusters. */
  readonly inside: ReadonlyMap<
    number,
    readonly { readonly node: Node; readonly cluster: Cluster }[]
  >;
  /** Published membership of all others. */
  readonly published: readonly MemberRow[];
}

/** The owner of an address when its sightings were last seen. */
export function ownerOf(
  { address }: AddressClaims,
  {
    sightings,
    claimants,
    ownership,
  }: {
    readonly sightings: readonly Member[];
    readonly claimants: readonly Member[];
    readonly ownership: Ownership;
  },
): Owner | undefined {
  const day = dayOf(Math.max(...sightings.map(({ history }) => history.lastMs)));
  return ownerOnDay(
    claimants.flatMap((claimant) => claimsOf(claimant, { address: address as Ip, ownership })),
    day,
  );
}

type Asked = { readonly address: Ip; readonly ownership: Ownership };

function claimsOf({ history, loaded }: Member, { address, ownership }: Asked): Claim<Owner>[] {
  const { content } = loaded.state;
  const showsIt = content.addresses.includes(address);
  const isObserved = isObserver(history);
  const inside = ownership.inside.get(history.recordNo);
  if (inside !== undefined) {
    return inside
      .filter(({ node }) => node.addresses.has(address))
      .map(({ node, cluster }) => ({
        owner: cluster,
        days: node.addresses.get(address) ?? [],
        isCurrent: showsIt && node.fingerprints.includes(content.fingerprint),
        isObserved,
      }));
  }
  const rows = ownership.published.filter(({ recordNo }) => recordNo === history.recordNo);
  const row = rows.find(
    ({ fingerprint }) => fingerprint === 0 || fingerprint === content.fingerprint,
  );
  if (row === undefined) return [];
  return [
    {
      owner: row.deviceNo,
      days: addressDays(history).get(address) ?? [],
      isCurrent: showsIt,
      isObserved,
    },
  ];
}

/** The one node of a sighting of an address alone. */
export function sightingNode({ history }: Member): Node {
  return {
    ...nodeOf(history, 0, history.versions),
    serials: NONE,
    assets: NONE,
    hosts: NONE,
    macs: new Set(),
    models: NONE,
    vendors: NONE,
  };
}

const NONE: ReadonlySet<string> = new Set();
