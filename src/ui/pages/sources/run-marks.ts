import type { Source } from "../../calls/sources.ts";
/** Runs as marks of a sparkline. Pure. */
import { counted } from "../../parts/counted.ts";
import type { Mark } from "../../parts/sparkline.tsx";
import { outcomeShown, runWord } from "../run-words.ts";

/** Runs shown of a source: four hours of one that is pulled every ten minutes. */
export const MARKS_MAX = 24;

type Run = NonNullable<Source["last_runs"]>[number];

/** Marks of the last runs, oldest first; as high as they brought devices, a failed one at least visible. */
export function marksOf(newestFirst: readonly Run[]): readonly Mark[] {
  return newestFirst.toReversed().map(({ run_no: no, outcome, entries, kind }) => ({
    value: entries,
    tone: outcomeShown(outcome).tone,
    title: `#${no} ${runWord(kind)}: ${outcome}, ${counted(entries, "record")}`,
  }));
}

/** The same in words. */
export function marksLabel(runs: readonly Run[]): string {
  const failed = runs.filter(({ outcome }) => outcome !== "success" && outcome !== "running");
  return `Last ${runs.length} runs, ${failed.length} not successful`;
}
