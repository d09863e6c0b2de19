import type { Tx } from "../db/tx.ts";
import { readMembers } from "../inventory/device-store.ts";
import type { MemberRow } from "../inventory/member.ts";
import type { Ip } from "../model/ip.ts";
import { ownerOnDay, type Claim } from "./address-owner.ts";
import { holderKey, readHolders, type PartitionValue } from "./history-store.ts";
import { kindOf } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { allAddresses } from "./record-state.ts";
import { isObserver } from "./rivals.ts";
import { VALUE_HOLDERS_MAX } from "./value-state.ts";

/** An address on a day. */
export interface AskedAddress {
  readonly partitionNo: number;
  readonly address: string;
  readonly day: number;
}

/** The published devices whose the addresses were on their days, one for each; undefined where nobody's. */
export async function addressOwners(
  tx: Tx,
  tenant: number,
  asked: readonly AskedAddress[],
): Promise<readonly (number | undefined)[]> {
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
    if (held.length > VALUE_HOLDERS_MAX) return undefined;
    const claims = held.flatMap((no) =>
      claimsOf(loaded.get(no), members.get(no) ?? [], one.address as Ip),
    );
    return ownerOnDay(claims, one.day);
  });
}

function valueOf({ partitionNo, address }: AskedAddress): PartitionValue {
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
