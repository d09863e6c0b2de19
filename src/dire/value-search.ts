/** Finds devices by what one of their records says now: for an operator who holds a serial, a MAC or an address. */
import type { Tx } from "../db/tx.ts";
import { readMembers } from "../inventory/device-store.ts";
import { readHolders } from "./history-store.ts";
import { kindOf } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { historyOf, valuesOf, type ValueKey } from "./node.ts";
import { readNames } from "./numbers.ts";

/** Records looked at for one value; one that more hold ("10.0.0.1" behind every router) finds nobody. */
const HOLDERS_MAX = 200;

/** Numbers of the devices with a record whose current content says one of these values. */
export async function devicesSaying(
  tx: Tx,
  tenant: number,
  values: readonly ValueKey[],
): Promise<readonly number[]> {
  const { partitions } = await readNames(tx, tenant);
  const wanted = [...partitions.keys()].flatMap((partitionNo) =>
    values.map((value) => ({ partitionNo, value })),
  );
  const holders = await readHolders(tx, tenant, { values: wanted, limit: HOLDERS_MAX });
  const loaded = await loadRecords(tx, tenant, [...new Set([...holders.values()].flat())]);
  const saying = [...loaded].filter(([, record]) => saysNow(record, values)).map(([no]) => no);
  const members = await readMembers(tx, tenant, saying);
  return [
    ...new Set(
      members
        .filter(
          ({ recordNo, fingerprint }) =>
            fingerprint === 0 || fingerprint === loaded.get(recordNo)?.state.content.fingerprint,
        )
        .map(({ deviceNo }) => deviceNo),
    ),
  ];
}

/** The value index remembers everything a record ever said; its current content alone is what it says now. */
function saysNow({ row, state }: LoadedRecord, values: readonly ValueKey[]): boolean {
  const kind = kindOf(row.kind);
  if (kind === undefined) return false;
  const current = { content: state.content, versions: new Map(), addresses: new Map() };
  const key = { partition: "", instance: "", kind, native: row.native };
  return valuesOf(historyOf(row.recordNo, key, current)).some((value) => values.includes(value));
}
