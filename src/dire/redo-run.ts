/**
 * Undoes an undo: what was removed is back with all that it said, what was restored says again what the run brought, unless
 * something else stands there by now. Bounded transactions, which go on where they were interrupted.
 */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { readRetention } from "../inbox/retention-store.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { loadRecords } from "./load-state.ts";
import { takeNumbers } from "./numbers.ts";
import { formatRanges } from "./record-ranges.ts";
import { formatRecords, subtract, type RecordSet } from "./record-set.ts";
import { findHeads } from "./record-store.ts";
import { writeBack } from "./reverse-records.ts";
import { readState } from "./saved-state.ts";
import { takeOver } from "./take-over.ts";
import { recountRun } from "./uncount-absences.ts";
import {
  countUndone,
  newestUndo,
  readDeeds,
  readReversed,
  readUndoneRun,
  writeUndone,
  type SavedRecord,
  type UndoneRecord,
} from "./undo-store.ts";

/** What a redo did. */
export interface RedoReport {
  readonly undoNo: number;
  /** Records that say again what the run brought. */
  readonly redone: number;
  /** Records that stay as they are, because something else stands there by now. */
  readonly kept: number;
}

const REDONE = "redone";
const TAKEN = "something else stands there by now";

/** A redo that is asked for. */
export interface RedoRequest {
  readonly runNo: number;
  /** What else is done in the transaction that ends it. */
  readonly alongside?: ((open: Tx, report: RedoReport) => Promise<void>) | undefined;
}

/** Undoes the undo of a run. The error says why there is none. */
export async function redoRun(
  db: Db,
  tenant: number,
  { runNo, alongside }: RedoRequest,
): Promise<Result<RedoReport>> {
  const undoNo = await tx(db, (open) => begin(open, tenant, runNo));
  if (undoNo === undefined) return err(`run ${runNo} is not undone`);
  while (await tx(db, (open) => step(open, tenant, undoNo)));
  const report = await tx(db, async (open) => {
    const done = await finish(open, tenant, { runNo, undoNo });
    await alongside?.(open, done);
    return done;
  });
  return ok(report);
}

async function begin(open: Tx, tenant: number, runNo: number): Promise<number | undefined> {
  await takeOver(open, tenant);
  const undo = await newestUndo(open, tenant, runNo);
  if (undo === undefined || !["done", "redoing"].includes(undo.state)) return undefined;
  await open.query(
    "update sync.run_undos set state = 'redoing' where tenant = $1 and undo_no = $2",
    [tenant, undo.undoNo],
  );
  return undo.undoNo;
}

async function step(open: Tx, tenant: number, undoNo: number): Promise<boolean> {
  await takeOver(open, tenant);
  const { batch_size: limit } = await readRetention(open, tenant);
  const reversed = await readReversed(open, tenant, { undoNo, limit });
  if (reversed.length === 0) return false;
  const free = await stillFree(open, tenant, reversed);
  const back = reversed.flatMap(({ recordNo, saved }) =>
    saved === undefined || !free.has(recordNo) ? [] : [{ recordNo, saved }],
  );
  const seq = await takeNumbers(open, tenant, { what: "batch", count: 1 });
  const records = back.map(({ recordNo, saved }) => ({
    row: { recordNo, ...saved },
    state: readState(saved.state),
  }));
  await writeBack(open, tenant, { seq, records });
  await makePresent(open, tenant, back);
  const done = reversed.map(({ recordNo }): UndoneRecord => ({
    recordNo,
    result: "kept",
    reason: free.has(recordNo) ? REDONE : TAKEN,
    seq,
  }));
  await writeUndone(open, tenant, { undoNo, records: done });
  return true;
}

/** A removed record whose key is free, or a restored one that nothing has changed since. */
async function stillFree(
  open: Tx,
  tenant: number,
  reversed: readonly UndoneRecord[],
): Promise<ReadonlySet<number>> {
  const removed = reversed.flatMap(({ recordNo, saved, seq }) =>
    seq === undefined && saved !== undefined ? [{ recordNo, saved }] : [],
  );
  const heads = await findHeads(
    open,
    tenant,
    removed.map(({ saved }) => saved),
  );
  const restored = reversed.filter(({ seq }) => seq !== undefined);
  const loaded = await loadRecords(
    open,
    tenant,
    restored.map(({ recordNo }) => recordNo),
  );
  return new Set([
    ...removed.filter((_, i) => !heads.has(i)).map(({ recordNo }) => recordNo),
    ...restored
      .filter(({ recordNo, seq }) => loaded.get(recordNo)?.row.contentSeq === seq)
      .map(({ recordNo }) => recordNo),
  ]);
}

async function makePresent(
  open: Tx,
  tenant: number,
  back: readonly { readonly recordNo: number; readonly saved: SavedRecord }[],
): Promise<void> {
  const places = Map.groupBy(back, ({ saved }) => `${saved.instanceNo} ${saved.partitionNo}`);
  for (const group of places.values()) {
    const [first] = group;
    if (first === undefined) continue;
    await open.query(
      `update sync.instance_records set present = present + $4::int4multirange
        where tenant = $1 and instance_no = $2 and partition_no = $3`,
      [
        tenant,
        first.saved.instanceNo,
        first.saved.partitionNo,
        formatRanges(group.map(({ recordNo }) => recordNo)),
      ],
    );
  }
}

async function finish(
  open: Tx,
  tenant: number,
  { runNo, undoNo }: { readonly runNo: number; readonly undoNo: number },
): Promise<RedoReport> {
  await takeOver(open, tenant);
  const undo = await newestUndo(open, tenant, runNo);
  const run = await readUndoneRun(open, tenant, runNo);
  if (undo !== undefined && run !== undefined) {
    const { seenSince } = await readDeeds(open, tenant, run);
    const goAgain = async (records: RecordSet, reason: string): Promise<void> =>
      await takeAway(open, tenant, { records: subtract(records, seenSince), reason });
    await goAgain(undo.unretired, "absent");
    await goAgain(undo.undeleted, "source");
    const before = undo.absences;
    if (before !== undefined) await recountRun(open, tenant, { runNo, before });
  }
  await open.query(
    "update sync.run_undos set state = 'redone' where tenant = $1 and undo_no = $2",
    [tenant, undoNo],
  );
  await open.query("update sync.runs set undone_at = null where tenant = $1 and run_no = $2", [
    tenant,
    runNo,
  ]);
  const counts = await countUndone(open, tenant, undoNo);
  const of = (wanted: string): number =>
    counts.find(({ reason }) => reason === wanted)?.records ?? 0;
  return { undoNo, redone: of(REDONE), kept: of(TAKEN) };
}

/** Records that the undo had brought back go again. */
async function takeAway(
  open: Tx,
  tenant: number,
  { records, reason }: { readonly records: RecordSet; readonly reason: string },
): Promise<void> {
  if (records.length === 0) return;
  const ranges = formatRecords(records);
  await open.query(
    `insert into sync.record_deletions (tenant, partition_no, kind, native, instance_no, deleted_at, reason)
     select $1, r.partition_no, r.kind, r.native, r.instance_no, now(), $3
       from unnest($2::int4multirange) m cross join generate_series(lower(m), upper(m) - 1) no
       join sync.records r on r.tenant = $1 and r.record_no = no
     on conflict (tenant, partition_no, kind, native, instance_no) do nothing`,
    [tenant, ranges, reason],
  );
  await open.query(
    `update sync.instance_records set present = present - $2::int4multirange
      where tenant = $1 and present && $2::int4multirange`,
    [tenant, ranges],
  );
  await open.query("insert into sync.dirty (tenant, records) values ($1, $2)", [tenant, ranges]);
}
