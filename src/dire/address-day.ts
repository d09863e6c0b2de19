import type { Tx } from "../db/tx.ts";
import { readMembers } from "../inventory/device-store.ts";
import type { MemberRow } from "../inventory/member.ts";
import type { Ip } from "../model/ip.ts";
import type { PartitionAddress } from "./address-claims.ts";
import { ownerOnDay, type Claim } from "./address-owner.ts";
import { holderKey, readHolders, type PartitionValue } from "./history-store.ts";
import { kindOf } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { allAddresses } from "./record-state.ts";
import { isObserver } from "./rivals.ts";
import { VALUE_HOLDERS_MAX } from "./value-state.ts";

/** An address on a day. */
export interface AskedAddress extends PartitionAddress {
  readonly day: number;
}

/** Claims of addresses that were read already; good for as long as nothing is published. */
export type KnownClaims = Map<string, readonly Claim<number>[]>;

/** The published devices whose the addresses were on their days, one for each; undefined where nobody's. */
export async function addressOwners(
  tx: Tx,
  tenant: number,
  { asked, known }: { readonly asked: readonly AskedAddress[]; readonly known: KnownClaims },
): Promise<readonly (number | undefined)[]> {
  const byName = new Map(asked.map((one) => [holderKey(valueOf(one)), one]));
  const missing = [...byName].filter(([name]) => !known.has(name));
  const claims = await readDayClaims(
    tx,
    tenant,
    missing.map(([, one]) => one),
  );
  for (const [i, [name]] of missing.entries()) known.set(name, claims[i] ?? []);
  return asked.map((one) => ownerOnDay(known.get(holderKey(valueOf(one))) ?? [], one.day));
}

/** The published devices that claimed addresses first, one for each: whom the id of an address alone leads to. */
export async function firstClaimants(
  tx: Tx,
  tenant: number,
  asked: readonly PartitionAddress[],
): Promise<readonly (number | undefined)[]> {
  const claims = await readDayClaims(tx, tenant, asked);
  const firstDay = ({ days }: Claim<number>): number => days[0]?.[0] ?? Infinity;
  return claims.map(
    (own) => own.toSorted((a, b) => firstDay(a) - firstDay(b) || a.owner - b.owner)[0]?.owner,
  );
}

async function readDayClaims(
  tx: Tx,
  tenant: number,
  asked: readonly PartitionAddress[],
): Promise<readonly (readonly Claim<number>[])[]> {
  if (asked.length === 0) return [];
  const values = new Map(asked.map((a) => [holderKey(valueOf(a)), valueOf(a)]));
  const holders = await readHolders(tx, tenant, {
    values: [...values.values()],
    limit: VALUE_HOLDERS_MAX + 1,
  });
  const recordNos = [
    ...new Set([...holders.values()].filter((held) => held.length <= VALUE_HOLDERS_MAX).flat()),
  ];
  const loaded = await loadRecords(tx, tenant, recordNos);
  const members = Map.groupBy(await readMembers(tx, tenant, recordNos), ({ recordNo }) => recordNo);
  return asked.map((one) => {
    const held = holders.get(holderKey(valueOf(one))) ?? [];
    if (held.length > VALUE_HOLDERS_MAX) return [];
    return held.flatMap((no) => claimsOf(loaded.get(no), members.get(no) ?? [], one.address as Ip));
  });
}

function valueOf({ partitionNo, address }: PartitionAddress): PartitionValue {
  return { partitionNo, value: `address:${address}` };
}

/** One claim a device: a record whose parts are several devices claims for each what that part was seen with. */
function claimsOf(
  record: LoadedRecord | undefined,
  rows: readonly MemberRow[],
  address: Ip,
): Claim<number>[] {
  const kind = record === undefined ? undefined : kindOf(record.row.kind);
  if (record === undefined || kind === undefined || kind === "address") return [];
  const { content } = record.state;
  return [...allAddresses(record.state)].flatMap(([fingerprint, addresses]) => {
    const days = addresses.get(address);
    const row =
      rows.find((r) => r.fingerprint === fingerprint) ?? rows.find((r) => r.fingerprint === 0);
    if (days === undefined || row === undefined) return [];
    const isCurrent = fingerprint === content.fingerprint && content.addresses.includes(address);
    return [{ owner: row.deviceNo, days, isCurrent, isObserved: isObserver({ key: { kind } }) }];
  });
}
