/**
 * `npm test [-- PART …]`: every .test.ts file under test/ in this one process, or those whose path begins with a PART
 * ("db", "test/db/tx.test.ts"). Ends with what was skipped and why, so that a green run never hides a suite that did not run.
 * `--only WORDS` runs the tests alone whose name has them; `--report FILE` writes there what became of each, as JSON;
 * `--seed N` draws other cases for the properties, `--seed 0` new ones every time.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { run, type EventData } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { drawFrom } from "../test/support/seed.ts";
import { outcomeOf, type TestOutcome } from "./test-outcomes.ts";

type Skipped = { readonly name: string; readonly file: string; readonly reason: string };

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** One test may not take longer, ms; the slowest start several processes and take a tenth of it. */
const TEST_MAX_MS = 120_000;
/** How long the process may live on with no test running, ms; longer means that a test left something open. */
const LEFT_OPEN_MS = 10_000;

const { values: flags, positionals } = parseArgs({
  options: { only: { type: "string" }, report: { type: "string" }, seed: { type: "string" } },
  allowPositionals: true,
});
drawFrom(flags.seed);
const files = testFiles(positionals);
if (files.length === 0) end(`no test file begins with ${positionals.join(" or ")}`);
process.exitCode = 1;
runAll(files);

function testFiles(parts: readonly string[]): readonly string[] {
  const wanted = parts.map((part) => (part.startsWith("test/") ? part : `test/${part}`));
  return readdirSync(`${ROOT}test`, { recursive: true, encoding: "utf8" })
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.startsWith(part)))
    .toSorted();
}

function runAll(paths: readonly string[]): void {
  const skipped: Skipped[] = [];
  const tests = run({
    files: paths.map((path) => ROOT + path),
    isolation: "none",
    timeout: TEST_MAX_MS,
    // Words, not a pattern: names have dots and brackets in them.
    ...(flags.only === undefined ? {} : { testNamePatterns: RegExp(RegExp.escape(flags.only)) }),
  });
  tests.on("test:pass", (event) => {
    if (event.skip !== undefined && event.skip !== false) skipped.push(skippedTest(event));
  });
  tests.on("test:summary", ({ counts, success }) => {
    process.exitCode = success && counts.tests > 0 ? 0 : 1;
    process.once("exit", () => {
      process.stdout.write(`${skippedReport(skipped)}\n`);
      const { tests: all, passed, skipped: passedOver, todo } = counts;
      const failed = all - passed - passedOver - todo;
      process.stdout.write(`${passed} passed, ${failed} failed, ${passedOver} skipped\n`);
    });
  });
  if (flags.report !== undefined) report(tests, flags.report);
  watchForLeftOvers(tests);
  tests.compose(spec).pipe(process.stdout);
}

function skippedTest({ name, file, skip }: EventData.TestPass): Skipped {
  const reason = typeof skip === "string" && skip !== "" ? skip : "no reason given";
  return { name, file: file?.replace(ROOT, "") ?? "", reason };
}

/** The skipped tests by reason, one reason a paragraph. */
function skippedReport(skipped: readonly Skipped[]): string {
  if (skipped.length === 0) return "nothing was skipped";
  const byReason = Object.groupBy(skipped, ({ reason }) => reason);
  return Object.entries(byReason)
    .map(([reason, tests = []]) =>
      [`skipped, ${reason}:`, ...tests.map(({ file, name }) => `  ${file}: ${name}`)].join("\n"),
    )
    .join("\n");
}

function report(tests: ReturnType<typeof run>, file: string): void {
  const outcomes: TestOutcome[] = [];
  const note = (event: EventData.TestPass | EventData.TestFail): void => {
    const outcome = outcomeOf(event, ROOT);
    if (outcome !== undefined) outcomes.push(outcome);
  };
  tests.on("test:pass", note).on("test:fail", note);
  process.once("exit", () => writeFileSync(file, JSON.stringify(outcomes)));
}

/** The run ends when nothing keeps the process alive, so a server left open would hold it for ever, without a word. */
function watchForLeftOvers(tests: ReturnType<typeof run>): void {
  let running = 0;
  // Until the first test, files are being loaded: on a busy machine that takes longer than any wait for what is left open.
  let hasBegun = false;
  const timer = setTimeout(() => {
    if (running > 0 || !hasBegun) timer.refresh();
    else end(`a test left open: ${process.getActiveResourcesInfo().join(", ")}`);
  }, LEFT_OPEN_MS).unref();
  tests.on("test:dequeue", () => {
    running += 1;
    hasBegun = true;
  });
  tests.on("test:complete", () => {
    running -= 1;
    timer.refresh();
  });
}

function end(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
