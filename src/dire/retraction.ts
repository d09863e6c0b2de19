/**
 * What the end of a run says of records that it did not see. A complete full run counts absences and finds those whose time has
 * come; a complete delta run lengthens the lives of all that is there. Works in the transaction that closes the run; the
 * retiring itself follows in bounded transactions (dire/retire.ts), unless the guard holds it for an operator.
 */
import type { Tx } from "../db/tx.ts";
import { readRetention } from "../inbox/retention-store.ts";
import {
  openRetractions,
  writeRetraction,
  type OpenRetraction,
} from "../inbox/retraction-store.ts";
import type { Retention } from "../model/retention.ts";
import {
  databaseNow,
  laterRuns,
  presentIn,
  readAbsences,
  readRunFacts,
  seenBy,
  writeAbsences,
  type RunFacts,
} from "./absence-store.ts";
import { countAbsences, dueRecords, isGuarded, nextBatch, type Absence } from "./absence.ts";
import { dayOf } from "./day-set.ts";
import { readDerivation } from "./derivation-store.ts";
import { takeNumbers } from "./numbers.ts";
import { formatRanges, parseRanges } from "./record-ranges.ts";
import {
  formatRecords,
  parseRecords,
  sizeOf,
  subtract,
  unite,
  type RecordSet,
} from "./record-set.ts";
import { writeBlocks } from "./seen-store.ts";
import { fireWatches } from "./watch-store.ts";

/** Records that a run would retire and that an operator is asked about. */
export interface HeldRetraction {
  readonly retractionNo: number;
  readonly runNo: number;
  readonly wanted: number;
  readonly present: number;
}

const HOUR_MS = 3_600_000;

/** Draws the conclusions of a run that was closed just now. Gives what the guard holds. */
export async function concludeRun(
  open: Tx,
  tenant: number,
  runNo: number,
): Promise<HeldRetraction | undefined> {
  const run = await readRunFacts(open, tenant, runNo);
  if (run === undefined || !run.isComplete) return undefined;
  if (run.kind === "delta") await lengthenLives(open, tenant, run);
  return run.kind === "full" ? await countAbsent(open, tenant, run) : undefined;
}

/** Records whose lives are lengthened at a time: they are taken apart into numbers, 16 blocks of them. */
const LENGTHENED_MAX = 65_536;

/** All that is there lives until now, whether the run spoke of it or not: a row a block of records. */
async function lengthenLives(open: Tx, tenant: number, run: RunFacts): Promise<void> {
  const present = await presentIn(open, tenant, run);
  const absent = (await readAbsences(open, tenant, run)).map(({ records }) => records);
  let records = subtract(present, unite(absent));
  if (records.length === 0) return;
  const { instanceNo, runNo, eventMs: timeMs } = run;
  const seq = await takeNumbers(open, tenant, { what: "batch", count: 1 });
  while (records.length > 0) {
    const { batch, rest } = nextBatch(records, LENGTHENED_MAX);
    const recordNos = parseRanges(formatRecords(batch));
    await writeBlocks(open, tenant, { instanceNo, timeMs, seq, runNo, recordNos });
    const seen = recordNos.map((recordNo) => ({ recordNo, day: dayOf(timeMs) }));
    const fired = formatRanges(await fireWatches(open, tenant, seen));
    await markDirty(open, tenant, { records: fired, runNo });
    records = rest;
  }
}

async function markDirty(
  open: Tx,
  tenant: number,
  { records, runNo }: { readonly records: string; readonly runNo: number },
): Promise<void> {
  await open.query(
    "insert into sync.dirty (tenant, records, run_no) select $1, $2::int4multirange, $3 where not isempty($2::int4multirange)",
    [tenant, records, runNo],
  );
}

async function countAbsent(
  open: Tx,
  tenant: number,
  run: RunFacts,
): Promise<HeldRetraction | undefined> {
  const later = await laterRuns(open, tenant, run);
  // A newer look at the whole source has been counted already; what an older one missed says nothing any more.
  if (later.some(({ isComplete, kind }) => isComplete && kind === "full")) return undefined;
  const settings = await readRetention(open, tenant);
  const patience = { runs: settings.absent_runs, graceMs: settings.absent_hours * HOUR_MS };
  const seen: RecordSet[] = [];
  for (const each of [run, ...later]) seen.push(await seenBy(open, tenant, each));
  const present = await presentIn(open, tenant, run);
  const known = await readAbsences(open, tenant, run);
  const nowMs = await databaseNow(open);
  const absences = countAbsences(known, { present, seen: unite(seen), nowMs }, patience);
  if (known.length > 0 || absences.length > 0) {
    await writeAbsences(open, tenant, { place: run, absences });
    await showExpired(open, tenant, { runNo: run.runNo, absences });
  }
  const due = { due: dueRecords(absences, patience, nowMs), present: sizeOf(present) };
  return await retract(open, tenant, { run, settings, ...due });
}

/** What a source has missed for long enough no longer speaks before others, so the devices of it are derived anew. */
async function showExpired(
  open: Tx,
  tenant: number,
  { runNo, absences }: { readonly runNo: number; readonly absences: readonly Absence[] },
): Promise<void> {
  const { expiryRuns } = await readDerivation(open);
  const expired = absences.filter(({ runs }) => runs === expiryRuns);
  const records = formatRecords(unite(expired.map((absence) => absence.records)));
  await markDirty(open, tenant, { records, runNo });
}

type Wanted = {
  readonly run: RunFacts;
  readonly settings: Retention;
  readonly due: RecordSet;
  readonly present: number;
};

async function retract(
  open: Tx,
  tenant: number,
  { run, settings, due, present }: Wanted,
): Promise<HeldRetraction | undefined> {
  const standing = await openRetractions(open, tenant, run);
  const going = standing.filter(({ state }) => state === "due");
  const held = standing.find(({ state }) => state === "held");
  const records = subtract(due, unite(going.map((row) => parseRecords(row.records))));
  const wanted = sizeOf(records);
  const guard = { records: settings.guard_records, percent: settings.guard_percent };
  const isHeld = isGuarded(wanted, present, guard);
  if (wanted === 0 && held === undefined) return undefined;
  const retractionNo = await numberFor(open, tenant, { held, isHeld });
  if (held !== undefined && !isHeld) await passOver(open, tenant, held);
  if (wanted === 0) return undefined;
  await writeRetraction(open, tenant, {
    retractionNo,
    ...run,
    reason: "absent",
    state: isHeld ? "held" : "due",
    records: formatRecords(records),
    wanted,
    present,
  });
  return isHeld ? { retractionNo, runNo: run.runNo, wanted, present } : undefined;
}

/** A retraction that is held goes on under its number, so that an operator who looks twice sees one thing. */
async function numberFor(
  open: Tx,
  tenant: number,
  { held, isHeld }: { readonly held: OpenRetraction | undefined; readonly isHeld: boolean },
): Promise<number> {
  if (held !== undefined && isHeld) return held.retractionNo;
  return await takeNumbers(open, tenant, { what: "retraction", count: 1 });
}

async function passOver(open: Tx, tenant: number, held: OpenRetraction): Promise<void> {
  await open.query(
    "update sync.retractions set state = 'passed', decided_at = now() where tenant = $1 and retraction_no = $2",
    [tenant, held.retractionNo],
  );
}
