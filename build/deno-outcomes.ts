import { stripVTControlCharacters } from "node:util";

import { CRASH_WORDS } from "./deno-batches.ts";

/** What each `deno test` of a process said at its end, summed up. */
export interface DenoOutcome {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
  /** Names of the failed, each with its place, as Deno lists them. */
  readonly failures: readonly string[];
}

const LAST_LINE =
  /^(?:ok|FAILED) \| (\d+) passed\b[^|\n]*\| (\d+) failed\b[^|\n]*(?:\| (\d+) ignored)?/gm;
/** The last line of one that had passed and then crashed: it is run again, and counted then. */
const PASSED_AND_CRASHED = new RegExp(`^ok \\| .*\\n\\s*(?=${CRASH_WORDS})`, "gm");
const FAILURES = /^ FAILURES\s*$\n\n((?:.+\n)+)/gm;

/** Reads the ends of all that wrote there; where none had a last line, or the code is not explained by it, one failed more. */
export function denoOutcome(written: string, code: number): DenoOutcome {
  const text = stripVTControlCharacters(written).replaceAll(PASSED_AND_CRASHED, "");
  const lasts = [...text.matchAll(LAST_LINE)];
  const [passed = 0, failed = 0, ignored = 0] = [1, 2, 3].map((group) =>
    lasts.reduce((sum, last) => sum + Number(last[group] ?? 0), 0),
  );
  const failures = [...text.matchAll(FAILURES)].flatMap(
    ([, names]) => names?.trimEnd().split("\n") ?? [],
  );
  const isExplained = lasts.length > 0 && (code === 0 || (code === 1 && failed > 0));
  return isExplained
    ? { passed, failed, ignored, failures }
    : {
        passed,
        failed: failed + 1,
        ignored,
        failures: [...failures, `deno test ended with ${code}`],
      };
}

/** All of them as one: the names of the failed, then a line as Deno's own. */
export function denoSummary(outcomes: readonly DenoOutcome[]): string {
  const sum = (name: "passed" | "failed" | "ignored"): number =>
    outcomes.reduce((total, outcome) => total + outcome[name], 0);
  const word = sum("failed") === 0 ? "ok" : "FAILED";
  return [
    ...outcomes.flatMap(({ failures }) => failures),
    `${word} | ${sum("passed")} passed | ${sum("failed")} failed | ${sum("ignored")} ignored`,
  ].join("\n");
}
