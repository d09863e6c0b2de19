import { stripVTControlCharacters } from "node:util";

/** What one `deno test` said at its end. */
export interface DenoOutcome {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
  /** Names of the failed, each with its place, as Deno lists them. */
  readonly failures: readonly string[];
}

const LAST_LINE =
  /^(?:ok|FAILED) \| (\d+) passed\b[^|]*\| (\d+) failed\b[^|]*(?:\| (\d+) ignored)?/gm;
const FAILURES = /^ FAILURES\s*$\n\n((?:.+\n)+)/gm;

/** Reads the end of what it wrote; one that ended otherwise than by its last line, or with a code that this does not explain, failed once more. */
export function denoOutcome(written: string, code: number): DenoOutcome {
  const text = stripVTControlCharacters(written);
  const last = [...text.matchAll(LAST_LINE)].at(-1);
  const [passed = 0, failed = 0, ignored = 0] = (last ?? []).slice(1).map((n) => Number(n ?? 0));
  const failures = [...text.matchAll(FAILURES)].at(-1)?.[1]?.trimEnd().split("\n") ?? [];
  const isExplained = last !== undefined && (code === 0 || failed > 0);
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
