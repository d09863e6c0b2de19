/**
 * Sightings of an address alone (a sweep's) hang on the device that claims the address, and make a provisional device of their
 * own where none or several do. Decided after clustering and outside components, because leases would chain them all.
 */
import type { Tx } from "../db/tx.ts";
import { VALUE_HOLDERS_MAX } from "./cluster.ts";
import { holderKey, readHolders, type PartitionValue } from "./history-store.ts";
import { KINDS } from "./kind.ts";

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

/** Claims of those addresses that somebody sighted alone. `isSighting` says which records are such sightings. */
export async function readClaims(
  tx: Tx,
  tenant: number,
  {
    addresses,
    sightingsOf,
  }: {
    readonly addresses: readonly PartitionAddress[];
    readonly sightingsOf: (recordNos: readonly number[]) => Promise<ReadonlySet<number>>;
  },
): Promise<readonly AddressClaims[]> {
  const values = addresses.map(({ partitionNo, address }): PartitionValue => ({
    partitionNo,
    value: `address:${address}`,
  }));
  const holders = await readHolders(tx, tenant, { values, limit: VALUE_HOLDERS_MAX + 1 });
  const sightings = await sightingsOf([...new Set([...holders.values()].flat())]);
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

/** Records that are sightings of an address alone. */
export async function findSightings(
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
