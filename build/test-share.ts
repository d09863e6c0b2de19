/**
 * Runs a share of the test files in this one process, for build/test.ts, and tells it over the channel between them what became
 * of them. Arguments are the files; `--only WORDS` and `--seed N` are as there.
 */
import { run, type EventData } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { drawFrom } from "../test/support/seed.ts";
import {
  outcomeOf,
  type ShareReport,
  type SkippedTest,
  type TestOutcome,
} from "./test-outcomes.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** One test may not take longer, ms; the slowest start several processes and take a tenth of it. */
const TEST_MAX_MS = 120_000;
/** How long the process may live on with no test running, ms; longer means that a test left something open. */
const LEFT_OPEN_MS = 10_000;

const { values: flags, positionals } = parseArgs({
  options: { only: { type: "string" }, seed: { type: "string" } },
  allowPositionals: true,
});
endWithParent();
drawFrom(flags.seed);
process.exitCode = 1;
runAll(positionals);

/** Ends as by a signal, so that what the tests started ends too. */
function endWithParent(): void {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  // What a test left open alone is to keep this process alive.
  process.channel?.unref();
}

function runAll(paths: readonly string[]): void {
  const skipped: SkippedTest[] = [];
  const outcomes: TestOutcome[] = [];
  const tests = run({
    files: paths.map((path) => ROOT + path),
    isolation: "none",
    timeout: TEST_MAX_MS,
    // Words, not a pattern: names have dots and brackets in them.
    ...(flags.only === undefined ? {} : { testNamePatterns: RegExp(RegExp.escape(flags.only)) }),
  });
  const note = (event: EventData.TestPass | EventData.TestFail): void => {
    const outcome = outcomeOf(event, ROOT);
    if (outcome !== undefined) outcomes.push(outcome);
  };
  tests.on("test:pass", note).on("test:fail", note);
  tests.on("test:pass", (event) => {
    if (event.skip !== undefined && event.skip !== false) skipped.push(skippedTest(event));
  });
  tests.on("test:summary", ({ counts, success }) => {
    process.exitCode = success ? 0 : 1;
    const { tests: all, passed, skipped: passedOver, todo } = counts;
    const failed = all - passed - passedOver - todo;
    tell({ counts: { all, passed, failed, skipped: passedOver }, skipped, outcomes });
  });
  watchForLeftOvers(tests);
  tests.compose(spec).pipe(process.stdout);
}

function tell(report: ShareReport): void {
  process.send?.(report);
}

function skippedTest({ name, file, skip }: EventData.TestPass): SkippedTest {
  const reason = typeof skip === "string" && skip !== "" ? skip : "no reason given";
  return { name, file: file?.replace(ROOT, "") ?? "", reason };
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
