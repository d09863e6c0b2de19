/**
 * Test files in batches, each in a Deno of its own, so that a crash of Deno itself costs little. Deno 2.9.6 has one: rarely, when connections
 * of HTTP/2 end, it reads memory that it has freed: SIGSEGV, once in 15 runs of test/agent/credentials.test.ts, once in two of all tests, and
 * SIGABRT at the end of a batch that had passed.
 */

/** What a batch has of files: starting a Deno takes a second, and a batch is what a crash has run again. */
const FILES_MAX = 16;
/** 128 and the signal, as a shell tells it. No failed test ends so; memory that ran out does, and will at each attempt. */
const CRASHES: ReadonlyMap<number, string> = new Map([
  [134, "SIGABRT"],
  [139, "SIGSEGV"],
]);
/** How often a batch is run, of which a crash takes one in ten at most. */
const ATTEMPTS_MAX = 3;

/** How a line begins that tells of a crash. */
export const CRASH_WORDS = "Deno itself crashed";

/** How batches are run. */
export interface BatchRunner {
  /** Runs such files to the end; gives the exit code. */
  readonly run: (files: readonly string[]) => Promise<number>;
  readonly tell: (line: string) => void;
}

/** Runs all batches one after the other, those that Deno crashed in again; gives the first exit code that is not 0. */
export async function runInBatches(
  files: readonly string[],
  { run, tell }: BatchRunner,
): Promise<number> {
  let worst = 0;
  for (let at = 0; at < files.length; at += FILES_MAX) {
    const batch = files.slice(at, at + FILES_MAX);
    const code = await runBatch(batch, { run, tell });
    worst = worst === 0 ? code : worst;
  }
  return worst;
}

async function runBatch(batch: readonly string[], { run, tell }: BatchRunner): Promise<number> {
  let code = 0;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    code = await run(batch);
    const signal = CRASHES.get(code);
    if (signal === undefined) return code;
    tell(`${CRASH_WORDS} (${signal}) in: ${batch.join(" ")}`);
  }
  return code;
}
