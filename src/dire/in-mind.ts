import type { Tx } from "../db/tx.ts";
import type { PartitionValue } from "./history-store.ts";
import { loadedFresh, loadRecords, type LoadedRecord } from "./load-state.ts";
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

/** Whether a record is new, at hand as it was created, and has no namesake. */
export function isAtHand({ recall, mayUseFresh = false }: InMind, recordNo: number): boolean {
  return mayUseFresh && recall?.fresh(recordNo) !== undefined;
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
