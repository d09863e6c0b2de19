/** SQL of undoing a run: what it did, what stands on it since, and what became of each record. */
import type { Tx } from "../db/tx.ts";
import type { Absence } from "./absence.ts";
import { parseRecords, type RecordSet } from "./record-set.ts";
import { columns } from "./record-store.ts";
import type { SavedState } from "./saved-state.ts";
import type { RunDeeds } from "./undo-plan.ts";

/** The run that is undone, and where it worked. */
export interface UndoneRun {
  readonly runNo: number;
  readonly instanceNo: number;
  readonly partitionNo: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Reads a run that may be undone. */
export async function readUndoneRun(
  tx: Tx,
  tenant: number,
  runNo: number,
): Promise<UndoneRun | undefined> {
  const { rows } = await tx.query<{
    instance_no: number;
    partition_no: number;
    first_seq: number;
    last_seq: number;
  }>(
    "select instance_no, partition_no, first_seq, last_seq from sync.runs where tenant = $1 and run_no = $2",
    [tenant, runNo],
  );
  const [row] = rows;
  return (
    row && {
      runNo,
      instanceNo: row.instance_no,
      partitionNo: row.partition_no,
      firstSeq: row.first_seq,
      lastSeq: row.last_seq,
    }
  );
}

/** Reads what a run did. */
export async function readDeeds(tx: Tx, tenant: number, run: UndoneRun): Promise<RunDeeds> {
  const { rows } = await tx.query<
    Record<"created" | "changed" | "deleted" | "retired" | "since", string | null>
  >(
    `select
       (select range_agg(created)::text from sync.run_seen
         where tenant = $1 and instance_no = $2 and run_no = $3 and seq between $4 and $5) as created,
       (select range_agg(int4range(record_no, record_no + 1))::text from sync.run_journal
         where tenant = $1 and run_no = $3) as changed,
       (select range_agg(deleted)::text from sync.run_seen
         where tenant = $1 and instance_no = $2 and run_no = $3 and seq between $4 and $5) as deleted,
       (select range_agg(gone)::text from sync.retractions where tenant = $1 and run_no = $3) as retired,
       (select range_agg(s.created + s.changed + s.unchanged)::text
          from sync.run_seen s join sync.runs r using (tenant, run_no)
         where s.tenant = $1 and s.instance_no = $2 and s.run_no <> $3 and s.seq > $4 and r.undone_at is null) as since`,
    [tenant, run.instanceNo, run.runNo, run.firstSeq, run.lastSeq],
  );
  const set = (text: string | null | undefined): RecordSet => parseRecords(text ?? "{}");
  const [row] = rows;
  return {
    created: set(row?.created),
    changed: set(row?.changed),
    deleted: set(row?.deleted),
    retired: set(row?.retired),
    seenSince: set(row?.since),
  };
}

/** One record of an undo. */
export interface UndoneRecord {
  readonly recordNo: number;
  readonly result: "reversed" | "kept" | "errored";
  readonly reason: string;
  /** What it said until it was reversed, and where it stood. */
  readonly saved?: SavedRecord;
  /** The batch that wrote what it says now; absent for one that was removed. */
  readonly seq?: number;
}

/** A record with the key that it is written back under. */
export interface SavedRecord {
  readonly partitionNo: number;
  readonly kind: number;
  readonly native: string;
  readonly instanceNo: number;
  readonly state: SavedState;
}

/** Notes what became of records. */
export async function writeUndone(
  tx: Tx,
  tenant: number,
  { undoNo, records }: { readonly undoNo: number; readonly records: readonly UndoneRecord[] },
): Promise<void> {
  if (records.length === 0) return;
  await tx.query(
    `insert into sync.undo_records (tenant, undo_no, record_no, result, reason, saved, seq)
     select $1, $2, u.* from unnest($3::int[], $4::text[], $5::text[], $6::json[], $7::bigint[]) u
     on conflict (tenant, undo_no, record_no) do update set result = excluded.result, reason = excluded.reason, seq = excluded.seq`,
    [
      tenant,
      undoNo,
      ...columns(
        records,
        (r) => r.recordNo,
        (r) => r.result,
        (r) => r.reason,
        (r) => (r.saved === undefined ? null : JSON.stringify(r.saved)),
        (r) => r.seq ?? null,
      ),
    ],
  );
}

/** Reversed records of an undo after a number, so many. */
export async function readReversed(
  tx: Tx,
  tenant: number,
  wanted: { readonly undoNo: number; readonly limit: number },
): Promise<readonly UndoneRecord[]> {
  const { rows } = await tx.query<{
    record_no: number;
    reason: string;
    saved: SavedRecord | null;
    seq: number | null;
  }>(
    `select record_no, reason, saved, seq from sync.undo_records
      where tenant = $1 and undo_no = $2 and result = 'reversed' order by record_no limit $3`,
    [tenant, wanted.undoNo, wanted.limit],
  );
  return rows.map((row) => ({
    recordNo: row.record_no,
    result: "reversed",
    reason: row.reason,
    ...(row.saved === null ? {} : { saved: row.saved }),
    ...(row.seq === null ? {} : { seq: row.seq }),
  }));
}

/** An undo and how far it is. */
export interface Undo {
  readonly undoNo: number;
  readonly state: string;
  readonly todo: RecordSet;
  readonly unretired: RecordSet;
  readonly undeleted: RecordSet;
  readonly absences: readonly Absence[] | undefined;
}

/** The newest undo of a run. */
export async function newestUndo(tx: Tx, tenant: number, runNo: number): Promise<Undo | undefined> {
  const { rows } = await tx.query<{
    undo_no: number;
    state: string;
    todo: string;
    unretired: string;
    undeleted: string;
    absences: readonly Absence[] | null;
  }>(
    `select undo_no, state, todo::text as todo, unretired::text as unretired, undeleted::text as undeleted, absences
       from sync.run_undos where tenant = $1 and run_no = $2 order by undo_no desc limit 1`,
    [tenant, runNo],
  );
  const [row] = rows;
  return (
    row && {
      undoNo: row.undo_no,
      state: row.state,
      todo: parseRecords(row.todo),
      unretired: parseRecords(row.unretired),
      undeleted: parseRecords(row.undeleted),
      absences: row.absences ?? undefined,
    }
  );
}

/** How many records of an undo ended how, and why those that were not reversed. */
export async function countUndone(
  tx: Tx,
  tenant: number,
  undoNo: number,
): Promise<
  readonly { readonly result: string; readonly reason: string; readonly records: number }[]
> {
  const { rows } = await tx.query<{ result: string; reason: string; records: number }>(
    `select result, reason, count(*) as records from sync.undo_records
      where tenant = $1 and undo_no = $2 group by result, reason order by result, reason`,
    [tenant, undoNo],
  );
  return rows;
}

/** Batches by which a redo of the run wrote records again, by record: what they say is still what the run brought. */
export async function readRedone(
  tx: Tx,
  tenant: number,
  { runNo, recordNos }: { readonly runNo: number; readonly recordNos: readonly number[] },
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await tx.query<{ record_no: number; seq: number }>(
    `select e.record_no, max(e.seq) as seq from sync.run_undos u join sync.undo_records e using (tenant, undo_no)
      where u.tenant = $1 and u.run_no = $2 and u.state = 'redone' and e.seq is not null and e.record_no = any($3::int[])
      group by e.record_no`,
    [tenant, runNo, recordNos],
  );
  return new Map(rows.map((row) => [row.record_no, row.seq]));
}
