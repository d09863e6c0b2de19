import type { Tx } from "../db/tx.ts";
import type { PartitionValue } from "./history-store.ts";
import { loadedFresh, loadRecords, type LoadedRecord } from "./load-state.ts";
import type { RecordHistory, ValueKey } from "./node.ts";
import type { Recall } from "./recall.ts";

/** What need not be asked of the database, because this process has it in mind. */
export interface InMind {
  readonly recall?: Recall | undefined;
  /** Whether new records are as they were created: nothing beside their rows says anything of them. */
  readonly mayUseFresh?: boolean;
}

/** Whether only one record ever said a value; nothing was ever decided of it then. */
export function isSaidOnce({ recall }: InMind, { partitionNo, value }: PartitionValue): boolean {
  return recall?.mayShare(partitionNo, value) === false;
}

type Said = {
  readonly history: RecordHistory;
  readonly partitionNo: number;
  readonly values: readonly ValueKey[];
};

/** Whether a record is new and shares nothing with any other, as nearly all of a first load. Those at hand have no namesake (Recall.fresh). */
export function isByItself(mind: InMind, { history, partitionNo, values }: Said): boolean {
  const { recall, mayUseFresh = false } = mind;
  const { recordNo, key, versions } = history;
  return (
    mayUseFresh &&
    key.kind !== "address" &&
    versions.length === 1 &&
    recall?.fresh(recordNo) !== undefined &&
    !recall.mayShareId(history.idInput) &&
    values.every((value) => isSaidOnce(mind, { partitionNo, value }))
  );
}

/** Whole records, in no order: those that are new and at hand as they are, the others read. */
export async function loadWithMind(
  tx: Tx,
  tenant: number,
  {
    recordNos,
    mind: { recall, mayUseFresh = false },
  }: { readonly recordNos: readonly number[]; readonly mind: InMind },
): Promise<readonly LoadedRecord[]> {
  const atHand: LoadedRecord[] = [];
  const others: number[] = [];
  for (const no of recordNos) {
    const fresh = mayUseFresh ? recall?.fresh(no) : undefined;
    if (fresh === undefined) others.push(no);
    else atHand.push(loadedFresh(fresh));
  }
  const read = await loadRecords(tx, tenant, others);
  return [...atHand, ...read.values()];
}
