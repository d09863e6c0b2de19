/**
 * Undoes a run: what only that run supports goes, what it changed says again what it said before. Works in bounded transactions
 * with the tenant's worker kept out of each; an undo that was interrupted goes on where it was. The resolver then derives the
 * devices anew, as it would had the run never been.
 */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { readRetention } from "../inbox/retention-store.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { nextBatch } from "./absence.ts";
import { takeNumbers } from "./numbers.ts";
import { parseRanges } from "./record-ranges.ts";
import { formatRecords, parseRecords, sizeOf, unite, type RecordSet } from "./record-set.ts";
import { removedRecords, type RemovedPage, type RemovedRecord } from "./removed-records.ts";
import { bringBack, reverseBatch } from "./reverse-records.ts";
import { takeOver } from "./take-over.ts";
import { uncountRun } from "./uncount-absences.ts";
import { planUndo, type RunDeeds, type UndoPlan } from "./undo-plan.ts";
import {
  countUndone,
  newestUndo,
  readDeeds,
  readUndoneRun,
  writeUndone,
  type UndoneRun,
} from "./undo-store.ts";

/** What an undo does or did, in numbers. */
export interface UndoReport {
  readonly undoNo: number | undefined;
  readonly removed: number;
  readonly restored: number;
  readonly undeleted: number;
  readonly unretired: number;
  readonly errored: number;
  /** Records that stay, by what stands on them. */
  readonly kept: Readonly<Record<string, number>>;
}

type Opened = { readonly run: UndoneRun; readonly deeds: RunDeeds; readonly plan: UndoPlan };

/** What an undo would do: in numbers, and a page of the records that it would remove. */
export interface UndoPreview {
  readonly report: UndoReport;
  readonly removes: readonly RemovedRecord[];
}

/** What undoing a run would do now, in one snapshot. The error says why it cannot be undone. */
export async function previewUndo(
  db: Db,
  tenant: number,
  { runNo, page }: { readonly runNo: number; readonly page: RemovedPage },
): Promise<Result<UndoPreview>> {
  return await tx(
    db,
    async (open) => {
      const opened = await openUndo(open, tenant, runNo);
      if (!opened.ok) return opened;
      const { plan } = opened.value;
      const removes = await removedRecords(open, tenant, { remove: plan.remove, page });
      return ok({ report: plannedOf(plan), removes });
    },
    { isolation: "repeatable read", readOnly: true },
  );
}

function plannedOf(plan: UndoPlan): UndoReport {
  return {
    undoNo: undefined,
    removed: sizeOf(plan.remove),
    restored: sizeOf(plan.restore),
    undeleted: sizeOf(plan.undelete),
    unretired: sizeOf(plan.unretire),
    errored: 0,
    kept: keptOf([
      [SEEN_SINCE, sizeOf(plan.seenSince)],
      [DECIDED, sizeOf(plan.decided)],
    ]),
  };
}

/** Reasons why a record stays. */
const SEEN_SINCE = "a later run stands on it";
const DECIDED = "an operator's decision stands on it";

function keptOf(reasons: readonly (readonly [string, number])[]): Record<string, number> {
  return Object.fromEntries(reasons.filter(([, count]) => count > 0));
}

async function openUndo(open: Tx, tenant: number, runNo: number): Promise<Result<Opened>> {
  const run = await readUndoneRun(open, tenant, runNo);
  const { rows } = await open.query<{ outcome: string; is_undone: boolean; touched: number }>(
    `select outcome, undone_at is not null as is_undone, created + changed + retracted as touched
       from sync.runs where tenant = $1 and run_no = $2`,
    [tenant, runNo],
  );
  const [row] = rows;
  if (run === undefined || row === undefined) return err(`run ${runNo} is not known`);
  if (row.outcome === "running") return err(`run ${runNo} is still running`);
  if (row.is_undone) return err(`run ${runNo} is undone already`);
  const deeds = await readDeeds(open, tenant, run);
  const isForgotten =
    sizeOf(unite([deeds.created, deeds.changed, deeds.deleted, deeds.retired])) === 0;
  if (isForgotten && row.touched > 0) {
    return err(`what run ${runNo} did is no longer kept (retention journal_days)`);
  }
  return ok({ run, deeds, plan: planUndo(deeds, await decidedRecords(open, tenant)) });
}

/** Records that operators' decisions in force speak of. */
async function decidedRecords(open: Tx, tenant: number): Promise<RecordSet> {
  const { rows } = await open.query<{ records: string | null }>(
    `select range_agg(int4range(r.record_no, r.record_no + 1))::text as records
       from sync.assertion_records r join sync.assertions a using (tenant, assertion_no)
      where r.tenant = $1 and a.revoked_at is null`,
    [tenant],
  );
  return parseRecords(rows[0]?.records ?? "{}");
}

/** An undo that is asked for. */
export interface UndoRequest {
  readonly runNo: number;
  readonly actor: string;
  /** What else is done in the transaction that ends it. */
  readonly alongside?: ((open: Tx, report: UndoReport) => Promise<void>) | undefined;
}

/** Undoes a run, or goes on where an earlier attempt was interrupted. The error says why it cannot be undone. */
export async function undoRun(
  db: Db,
  tenant: number,
  { runNo, actor, alongside }: UndoRequest,
): Promise<Result<UndoReport>> {
  const begun = await tx(db, (open) => begin(open, tenant, { runNo, actor }));
  if (!begun.ok) return begun;
  const undoNo = begun.value;
  await reverseAll(db, tenant, { runNo, undoNo });
  const report = await tx(db, async (open) => {
    const done = await finish(open, tenant, { runNo, undoNo });
    await alongside?.(open, done);
    return done;
  });
  return ok(report);
}

async function begin(
  open: Tx,
  tenant: number,
  { runNo, actor }: { readonly runNo: number; readonly actor: string },
): Promise<Result<number>> {
  await takeOver(open, tenant);
  const before = await newestUndo(open, tenant, runNo);
  if (before?.state === "reversing") return ok(before.undoNo);
  const opened = await openUndo(open, tenant, runNo);
  if (!opened.ok) return opened;
  const undoNo = await takeNumbers(open, tenant, { what: "undo", count: 1 });
  const { created, changed } = opened.value.deeds;
  await open.query(
    "insert into sync.run_undos (tenant, undo_no, run_no, state, actor, todo) values ($1, $2, $3, 'reversing', $4, $5)",
    [tenant, undoNo, runNo, actor, formatRecords(unite([created, changed]))],
  );
  return ok(undoNo);
}

type Step = { readonly runNo: number; readonly undoNo: number };

/** Where a batch fails for good its records are looked at one by one, and the one that fails by itself is set aside. */
async function reverseAll(db: Db, tenant: number, undo: Step): Promise<void> {
  let isSingle = false;
  for (let isMore = true; isMore;) {
    const work = { ...undo, isSingle };
    try {
      isMore = await tx(db, (open) => step(open, tenant, work));
    } catch (thrown) {
      if (thrown instanceof SyncError && thrown.retry !== "permanent") throw thrown;
      const reason = messageOf(thrown);
      if (isSingle) isMore = await tx(db, (open) => setAside(open, tenant, { ...undo, reason }));
      isSingle = true;
    }
  }
}

async function setAside(
  open: Tx,
  tenant: number,
  { runNo, undoNo, reason }: Step & { readonly reason: string },
): Promise<boolean> {
  await takeOver(open, tenant);
  const undo = await newestUndo(open, tenant, runNo);
  const { batch, rest } = nextBatch(undo?.todo ?? [], 1);
  const records = parseRanges(formatRecords(batch)).map((recordNo) => ({
    recordNo,
    result: "errored" as const,
    reason,
  }));
  await writeUndone(open, tenant, { undoNo, records });
  await writeTodo(open, tenant, { undoNo, todo: rest });
  return rest.length > 0;
}

async function writeTodo(
  open: Tx,
  tenant: number,
  { undoNo, todo }: { readonly undoNo: number; readonly todo: RecordSet },
): Promise<void> {
  await open.query("update sync.run_undos set todo = $3 where tenant = $1 and undo_no = $2", [
    tenant,
    undoNo,
    formatRecords(todo),
  ]);
}

/** Looks at some records. False when none is left. */
async function step(
  open: Tx,
  tenant: number,
  { runNo, undoNo, isSingle }: Step & { readonly isSingle: boolean },
): Promise<boolean> {
  await takeOver(open, tenant);
  const undo = await newestUndo(open, tenant, runNo);
  const run = await readUndoneRun(open, tenant, runNo);
  if (undo === undefined || run === undefined || undo.todo.length === 0) return false;
  const { batch_size: limit } = await readRetention(open, tenant);
  const { batch, rest } = nextBatch(undo.todo, isSingle ? 1 : limit);
  // What stands on a record is looked at anew in every step: runs go on meanwhile.
  const deeds = await readDeeds(open, tenant, run);
  const plan = planUndo(deeds, await decidedRecords(open, tenant));
  const kept = { seenSince: SEEN_SINCE, decided: DECIDED };
  await reverseBatch(open, tenant, { run, undoNo, batch, plan, kept });
  await writeTodo(open, tenant, { undoNo, todo: rest });
  return rest.length > 0;
}

async function finish(open: Tx, tenant: number, { runNo, undoNo }: Step): Promise<UndoReport> {
  await takeOver(open, tenant);
  const run = await readUndoneRun(open, tenant, runNo);
  const deeds = run && (await readDeeds(open, tenant, run));
  const plan = deeds && planUndo(deeds, await decidedRecords(open, tenant));
  if (run !== undefined && plan !== undefined) {
    await bringBack(open, tenant, { run, records: plan.unretire, reasons: ["absent"] });
    await bringBack(open, tenant, { run, records: plan.undelete, reasons: ["source"] });
  }
  const absences = await uncountRun(open, tenant, runNo);
  const [unretired, undeleted] = [plan?.unretire ?? [], plan?.undelete ?? []];
  await open.query(
    `update sync.run_undos set state = 'done', unretired = $3, undeleted = $4, absences = $5
      where tenant = $1 and undo_no = $2`,
    [
      tenant,
      undoNo,
      formatRecords(unretired),
      formatRecords(undeleted),
      absences === undefined ? null : JSON.stringify(absences),
    ],
  );
  await open.query("update sync.runs set undone_at = now() where tenant = $1 and run_no = $2", [
    tenant,
    runNo,
  ]);
  return await reportOf(open, tenant, { undoNo, unretired, undeleted });
}

type Back = { readonly unretired: RecordSet; readonly undeleted: RecordSet };

async function reportOf(
  open: Tx,
  tenant: number,
  { undoNo, unretired, undeleted }: Back & { readonly undoNo: number },
): Promise<UndoReport> {
  const counts = await countUndone(open, tenant, undoNo);
  const sum = (wanted: (row: (typeof counts)[number]) => boolean): number =>
    counts.filter(wanted).reduce((total, { records }) => total + records, 0);
  return {
    undoNo,
    removed: sum(({ reason }) => reason === "removed"),
    restored: sum(({ reason }) => reason === "restored"),
    undeleted: sizeOf(undeleted),
    unretired: sizeOf(unretired),
    errored: sum(({ result }) => result === "errored"),
    kept: keptOf(
      counts
        .filter(({ result }) => result === "kept")
        .map(({ reason, records }) => [reason, records]),
    ),
  };
}
