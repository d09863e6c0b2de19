import { readFileSync } from "node:fs";
import type { EventData } from "node:test";

/** What became of one test in one run. Tests of one place and name, as a loop makes them, are told apart by their number alone. */
export interface TestOutcome {
  /** File from the checkout, line and name. */
  readonly test: string;
  /** Failed ones ran. Skipped and to-do ones did not. */
  readonly ran: boolean;
}

/** A test that was passed over. */
export interface SkippedTest {
  readonly name: string;
  readonly file: string;
  readonly reason: string;
}

/** What one process of a run tells of its share. */
export interface ShareReport {
  readonly counts: {
    readonly all: number;
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
  };
  readonly skipped: readonly SkippedTest[];
  readonly outcomes: readonly TestOutcome[];
}

/** Deals files out in turn: those of one folder take about as long as each other, so the shares do too. */
export function sharesOf(
  files: readonly string[],
  processes: number,
): readonly (readonly string[])[] {
  return Array.from({ length: processes }, (_, share) =>
    files.filter((_file, index) => index % processes === share),
  ).filter((share) => share.length > 0);
}

/** All shares as one. */
export function sumOf(reports: readonly ShareReport[]): ShareReport {
  const total = (name: keyof ShareReport["counts"]): number =>
    reports.reduce((sum, { counts }) => sum + counts[name], 0);
  return {
    counts: {
      all: total("all"),
      passed: total("passed"),
      failed: total("failed"),
      skipped: total("skipped"),
    },
    skipped: reports.flatMap(({ skipped }) => skipped),
    outcomes: reports.flatMap(({ outcomes }) => outcomes),
  };
}

/** The skipped tests by reason, one reason a paragraph. */
export function skippedReport(skipped: readonly SkippedTest[]): string {
  if (skipped.length === 0) return "nothing was skipped";
  const byReason = Object.groupBy(skipped, ({ reason }) => reason);
  return Object.entries(byReason)
    .map(([reason, tests = []]) =>
      [`skipped, ${reason}:`, ...tests.map(({ file, name }) => `  ${file}: ${name}`)].join("\n"),
    )
    .join("\n");
}

/** The outcome that an event of the test runner tells, or undefined where it is of a suite. */
export function outcomeOf(
  event: EventData.TestPass | EventData.TestFail,
  root: string,
): TestOutcome | undefined {
  if (event.details.type === "suite") return undefined;
  const left = [event.skip, event.todo].some((mark) => mark !== undefined && mark !== false);
  const file = event.file?.replace(root, "") ?? "";
  return { test: `${file}:${event.line ?? 0} ${event.name}`, ran: !left };
}

/** Reads what `npm test -- --report FILE` wrote. */
export function readOutcomes(file: string): readonly TestOutcome[] {
  return JSON.parse(readFileSync(file, "utf8")) as readonly TestOutcome[];
}

/**
 * The tests that several runs found and none ran, sorted. A name that stands for several tests is among them when no single run
 * ran as many as one run found.
 */
export function neverRun(runs: readonly (readonly TestOutcome[])[]): readonly string[] {
  const found = mostOf(runs);
  const ran = mostOf(runs.map((outcomes) => outcomes.filter((outcome) => outcome.ran)));
  return [...found.keys()]
    .filter((test) => (ran.get(test) ?? 0) < (found.get(test) ?? 0))
    .toSorted();
}

/** How often a run at most names each test. */
function mostOf(runs: readonly (readonly TestOutcome[])[]): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const outcomes of runs) {
    const counts = Map.groupBy(outcomes, ({ test }) => test);
    for (const [test, { length }] of counts) most.set(test, Math.max(most.get(test) ?? 0, length));
  }
  return most;
}
