/** Absences as they would have been counted without a run, and with it again. */
import type { Tx } from "../db/tx.ts";
import { readAbsences, readRunFacts, writeAbsences, type Place } from "./absence-store.ts";
import type { Absence } from "./absence.ts";
import { formatRecords, unite } from "./record-set.ts";

/** Takes a run out of the count; gives how it was counted before, or nothing where the run did not count. */
export async function uncountRun(
  open: Tx,
  tenant: number,
  runNo: number,
): Promise<readonly Absence[] | undefined> {
  const run = await readRunFacts(open, tenant, runNo);
  if (run === undefined || !run.isComplete || run.kind !== "full") return undefined;
  const before = await readAbsences(open, tenant, run);
  await replace(open, tenant, { place: run, absences: withoutOne(before) });
  return before;
}

/** Puts it back into the count, unless absences were counted anew since. */
export async function recountRun(
  open: Tx,
  tenant: number,
  { runNo, before }: { readonly runNo: number; readonly before: readonly Absence[] },
): Promise<void> {
  const run = await readRunFacts(open, tenant, runNo);
  if (run === undefined) return;
  const now = await readAbsences(open, tenant, run);
  if (JSON.stringify(now) !== JSON.stringify(withoutOne(before))) return;
  await replace(open, tenant, { place: run, absences: before });
}

function withoutOne(absences: readonly Absence[]): readonly Absence[] {
  return absences
    .map((absence) => ({ ...absence, runs: absence.runs - 1 }))
    .filter(({ runs }) => runs > 0);
}

/** What a record says may count more or less than before, so its device is derived anew. */
async function replace(
  open: Tx,
  tenant: number,
  { place, absences }: { readonly place: Place; readonly absences: readonly Absence[] },
): Promise<void> {
  const before = await readAbsences(open, tenant, place);
  await writeAbsences(open, tenant, { place, absences });
  const touched = unite([...before, ...absences].map(({ records }) => records));
  if (touched.length === 0) return;
  await open.query("insert into sync.dirty (tenant, records) values ($1, $2)", [
    tenant,
    formatRecords(touched),
  ]);
}
