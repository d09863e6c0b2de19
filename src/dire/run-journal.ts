import type { Tx } from "../db/tx.ts";
import type { LoadedRecord } from "./load-state.ts";
import type { RecordState } from "./record-state.ts";
import { columns } from "./record-store.ts";
import { readState, saveState, type SavedState } from "./saved-state.ts";

/**
 * Notes what records said before a run changes them: the content with its sightings; history only grows and need not be noted.
 * The first note of a run stands.
 */
export async function journalChanges(
  tx: Tx,
  tenant: number,
  { runNo, before }: { readonly runNo: number; readonly before: readonly LoadedRecord[] },
): Promise<void> {
  if (before.length === 0) return;
  const sorted = before.toSorted((a, b) => a.row.recordNo - b.row.recordNo);
  await tx.query(
    `insert into sync.run_journal (tenant, run_no, record_no, before)
     select $1, $2, u.* from unnest($3::int[], $4::json[]) u
     on conflict do nothing`,
    [
      tenant,
      runNo,
      ...columns(
        sorted,
        ({ row }) => row.recordNo,
        ({ state }) =>
          JSON.stringify(
            saveState({ content: state.content, versions: new Map(), addresses: new Map() }),
          ),
      ),
    ],
  );
}

/** What records said before a run changed them. */
export async function readJournal(
  tx: Tx,
  tenant: number,
  { runNo, recordNos }: { readonly runNo: number; readonly recordNos: readonly number[] },
): Promise<ReadonlyMap<number, RecordState>> {
  const { rows } = await tx.query<{ record_no: number; before: SavedState }>(
    "select record_no, before from sync.run_journal where tenant = $1 and run_no = $2 and record_no = any($3::int[])",
    [tenant, runNo, recordNos],
  );
  return new Map(rows.map((row) => [row.record_no, readState(row.before)]));
}
