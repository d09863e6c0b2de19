/**
 * When a record that its source no longer lists is gone. Only a complete full run of the record's own source and partition speaks
 * of absence; any sighting ends it. Pure.
 */
import { intersect, sizeOf, subtract, takeFirst, unite, type RecordSet } from "./record-set.ts";

/** Records that were first missed by one run, and have been by every complete full run since. */
export interface Absence {
  /** When that run was closed, by the core's clock. */
  readonly sinceMs: number;
  /** Complete full runs without them. */
  readonly runs: number;
  readonly records: RecordSet;
}

/** What a complete full run found. */
export interface Census {
  /** Records that the source had before, neither retired nor deleted. */
  readonly present: RecordSet;
  readonly seen: RecordSet;
  readonly nowMs: number;
}

/** From when on an absence retires its records. */
export interface Patience {
  readonly runs: number;
  readonly graceMs: number;
}

/** Absences after one more complete full run. Those whose time has come are one. */
export function countAbsences(
  known: readonly Absence[],
  { present, seen, nowMs }: Census,
  patience: Patience,
): readonly Absence[] {
  const missing = subtract(present, seen);
  const lasting = known.map(({ sinceMs, runs, records }) => ({
    sinceMs,
    runs: runs + 1,
    records: intersect(records, missing),
  }));
  const fresh = subtract(missing, unite(lasting.map(({ records }) => records)));
  const all = [...lasting, { sinceMs: nowMs, runs: 1, records: fresh }];
  const due = all.filter((absence) => isDue(absence, patience, nowMs));
  const whole = {
    sinceMs: Math.max(...due.map(({ sinceMs }) => sinceMs)),
    runs: Math.min(...due.map(({ runs }) => runs)),
    records: unite(due.map(({ records }) => records)),
  };
  const counted = all.filter((absence) => !due.includes(absence));
  return [...counted, ...(due.length > 0 ? [whole] : [])].filter(
    ({ records }) => records.length > 0,
  );
}

/** Records whose time has come. */
export function dueRecords(
  absences: readonly Absence[],
  patience: Patience,
  nowMs: number,
): RecordSet {
  const due = absences.filter((absence) => isDue(absence, patience, nowMs));
  return unite(due.map(({ records }) => records));
}

function isDue({ sinceMs, runs }: Absence, patience: Patience, nowMs: number): boolean {
  return runs >= patience.runs && nowMs - sinceMs >= patience.graceMs;
}

/** How much of a source may go without anybody being asked. */
export interface Guard {
  readonly records: number;
  readonly percent: number;
}

/** Whether so many are too many to retire unasked: more than a few, and more than a share of what is there. */
export function isGuarded(due: number, present: number, guard: Guard): boolean {
  return due > guard.records && due * 100 > present * guard.percent;
}

/** What one transaction retires, and what is left for the next. */
export function nextBatch(
  records: RecordSet,
  limit: number,
): { readonly batch: RecordSet; readonly rest: RecordSet } {
  const batch = takeFirst(records, limit);
  return { batch, rest: sizeOf(records) <= limit ? [] : subtract(records, batch) };
}
