/**
 * Test files in batches, each in a Deno of its own, so that a crash of Deno itself costs little. Deno 2.9.6 has one: rarely, when connections
 * of HTTP/2 end, it reads memory that it has freed (SIGSEGV; once in 15 runs of test/agent/credentials.test.ts, once in two of all tests).
 */

/** What a batch has of files: starting a Deno takes a second, and a batch is what a crash has run again. */
const FILES_MAX = 16;
/** 128 + SIGSEGV. No failed test ends so, and neither does memory that runs out: V8 aborts. */
const CRASHED = 139;

/** How batches are run. */
export interface BatchRunner {
  /** Runs such files to the end; gives the exit code. */
  readonly run: (files: readonly string[]) => Promise<number>;
  readonly tell: (line: string) => void;
}

/** Runs all batches one after the other, one that Deno crashed in a second time; gives the first exit code that is not 0. */
export async function runInBatches(
  files: readonly string[],
  { run, tell }: BatchRunner,
): Promise<number> {
  let worst = 0;
  for (let at = 0; at < files.length; at += FILES_MAX) {
    const batch = files.slice(at, at + FILES_MAX);
    let code = await run(batch);
    if (code === CRASHED) {
      tell(`Deno itself crashed (SIGSEGV); run again: ${batch.join(" ")}`);
      code = await run(batch);
    }
    worst = worst === 0 ? code : worst;
  }
  return worst;
}
