/**
 * Sightings of an address alone (a sweep's) hang on the device of the record whose address it is now, and make a provisional
 * device of their own where it is nobody's. Decided after clustering and outside components, because leases would chain them all.
 */
import type { Tx } from "../db/tx.ts";
import type { Member } from "./closure.ts";
import { holderKey, readHolders, type PartitionValue } from "./history-store.ts";
import { nodeOf, type Node } from "./node.ts";
import { VALUE_HOLDERS_MAX } from "./value-state.ts";

/** An address in a partition. */
export interface PartitionAddress {
  readonly partitionNo: number;
  readonly address: string;
}

/** One address that was sighted alone, and the records that ever claimed it. */
export interface AddressClaims extends PartitionAddress {
  readonly sightings: readonly number[];
  readonly claimants: readonly number[];
  /** Claimed by so many that it is nobody's in particular: then none is given. */
  readonly isGeneric: boolean;
}

/** No limit, as PostgreSQL takes it: an address has few sightings, one an instance that sweeps. */
const ALL = 2 ** 31 - 1;

/** Claims of those addresses that somebody sighted alone. */
export async function readClaims(
  tx: Tx,
  tenant: number,
  addresses: readonly PartitionAddress[],
): Promise<readonly AddressClaims[]> {
  const asSighted = (a: PartitionAddress): PartitionValue => valueOf(a, "sighted");
  const seen = await readHolders(tx, tenant, { values: addresses.map(asSighted), limit: ALL });
  const sightingsOf = (a: PartitionAddress): readonly number[] =>
    seen.get(holderKey(asSighted(a))) ?? [];
  const sighted = addresses.filter((a) => sightingsOf(a).length > 0);
  const holders = await readHolders(tx, tenant, {
    values: sighted.map((a) => valueOf(a, "address")),
    limit: VALUE_HOLDERS_MAX + 1,
  });
  return sighted.map((a) => {
    const claimants = holders.get(holderKey(valueOf(a, "address"))) ?? [];
    const isGeneric = claimants.length > VALUE_HOLDERS_MAX;
    return { ...a, sightings: sightingsOf(a), claimants: isGeneric ? [] : claimants, isGeneric };
  });
}

function valueOf(
  { partitionNo, address }: PartitionAddress,
  type: "sighted" | "address",
): PartitionValue {
  return { partitionNo, value: `${type}:${address}` };
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
    values: [],
  };
}

const NONE: ReadonlySet<string> = new Set();
