/**
 * `npm test [-- PART …]`: every .test.ts file under test/, or those whose path begins with a PART ("db", "test/db/tx.test.ts"),
 * shared out over two processes. Ends with what was skipped and why, so that a green run never hides a suite that did
 * not run. `--without PART` leaves such files out; `--only WORDS` runs the tests alone whose name has them; `--report FILE` writes there what became of each, as JSON;
 * `--seed N` draws other cases for the properties, `--seed 0` new ones every time; `--runs N` has api/fuzz draw so many cases for each input and model/srql so many queries; `--processes 1` runs one test after the other.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { processesFor, testFiles } from "./test-files.ts";
import { sharesOf, skippedReport, sumOf, type ShareReport } from "./test-outcomes.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const { values: flags, positionals } = parseArgs({
  options: {
    only: { type: "string" },
    without: { type: "string", multiple: true, default: [] },
    report: { type: "string" },
    seed: { type: "string" },
    runs: { type: "string" },
    processes: { type: "string" },
  },
  allowPositionals: true,
});
const files = testFiles(positionals, flags.without);
if (files.length === 0) end(`no test file begins with ${positionals.join(" or ")}`);
await runAll(sharesOf(files, processes()));

function processes(): number {
  if (flags.processes !== undefined) return Number(flags.processes) || 1;
  return processesFor(files.length);
}

async function runAll(shares: readonly (readonly string[])[]): Promise<void> {
  const children = shares.map(startShare);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => children.forEach((child) => child.kill(signal)));
  }
  const ended = await Promise.all(children.map(endOf));
  const reports = ended.flatMap(({ report }) => report ?? []);
  const sum = sumOf(reports);
  // A process that ended without a word is a failure of its own.
  const failed = sum.counts.failed + ended.filter(({ isLost }) => isLost).length;
  if (flags.report !== undefined) writeFileSync(flags.report, JSON.stringify(sum.outcomes));
  process.stdout.write(`${skippedReport(sum.skipped)}\n`);
  process.stdout.write(
    `${sum.counts.passed} passed, ${failed} failed, ${sum.counts.skipped} skipped\n`,
  );
  process.exitCode = failed === 0 && sum.counts.all > 0 ? 0 : 1;
}

/** The first writes as it goes, the others' output follows whole. */
function startShare(paths: readonly string[], index: number): ChildProcess {
  const args = (["only", "seed"] as const).flatMap((name) => {
    const value = flags[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  const runs = flags.runs === undefined ? {} : { SERVICERADAR_TEST_RUNS: flags.runs };
  const output = index === 0 ? "inherit" : "pipe";
  return fork(`${ROOT}build/test-share.ts`, [...args, ...paths], {
    stdio: ["ignore", output, output, "ipc"],
    env: { ...process.env, ...runs },
  });
}

type Ended = { readonly report: ShareReport | undefined; readonly isLost: boolean };

async function endOf(child: ChildProcess): Promise<Ended> {
  let report: ShareReport | undefined;
  child.on("message", (told) => (report = told as ShareReport));
  const written = [child.stdout, child.stderr].flatMap((stream) =>
    stream === null ? [] : [text(stream)],
  );
  const [code] = (await once(child, "close")) as [number | null];
  for (const part of await Promise.all(written)) process.stdout.write(part);
  return { report, isLost: report === undefined || (code !== 0 && report.counts.failed === 0) };
}

function end(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
