/**
 * `npm run deno:test [-- PART …]`: the test files that deno.json does not leave out, or those of them whose path begins with a PART ("db",
 * "test/db/tx.test.ts"), shared out over two processes. What begins with a dash goes to `deno test`: `--filter=WORDS`. Ends with the names of the
 * failed and a line that sums up all processes.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { denoOutcome, denoSummary, type DenoOutcome } from "./deno-outcomes.ts";
import { processesFor, testFiles } from "./test-files.ts";
import { sharesOf } from "./test-outcomes.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

const [flags, parts] = [true, false].map((isFlag) =>
  process.argv.slice(2).filter((argument) => argument.startsWith("-") === isFlag),
);
const files = testFiles(parts ?? [], leftOut());
const children = sharesOf(files, processesFor(files.length)).map(startShare);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => children.forEach((child) => child.kill(signal)));
}
const outcomes = await Promise.all(children.map(outcomeOf));
process.stdout.write(`\n${denoSummary(outcomes)}\n`);
process.exitCode = outcomes.some(({ failed }) => failed > 0) || outcomes.length === 0 ? 1 : 0;

function leftOut(): readonly string[] {
  const settings = JSON.parse(readFileSync(`${ROOT}deno.json`, "utf8")) as {
    readonly test: { readonly exclude: readonly string[] };
  };
  return settings.test.exclude;
}

function startShare(paths: readonly string[]): ChildProcess {
  return fork(`${ROOT}build/deno-share.ts`, [...(flags ?? []), ...paths], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

/** The first writes as it goes, the others' output follows whole. */
async function outcomeOf(child: ChildProcess, index: number): Promise<DenoOutcome> {
  const pieces: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (piece: Buffer) => {
      pieces.push(piece);
      if (index === 0) process.stdout.write(piece);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  const written = Buffer.concat(pieces);
  if (index > 0) process.stdout.write(written);
  return denoOutcome(written.toString(), code ?? 1);
}
