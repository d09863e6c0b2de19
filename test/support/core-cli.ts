/** Commands of the core as a user runs them, in process: what they print, and their exit codes. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

import { serveHttp } from "../../src/api/serve-http.ts";
import { runCoreCommand } from "../../src/cli/core-commands.ts";
import { OutputClosed, type Serve } from "../../src/cli/core-context.ts";
import { socketPathOf } from "../../src/cli/core-link.ts";
import type { Environment } from "../../src/lib/env.ts";
import type { TestApi } from "./api-over.ts";
import { testApi } from "./api.ts";
import { removeFolder } from "./remove-folder.ts";

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What surrounds a command. */
export interface Around {
  readonly stdin?: string;
  readonly env?: Environment;
  /** What a person answers; absent: nobody sits there. */
  readonly answers?: string;
  readonly serve?: Serve;
  /** Whoever read standard output has gone. */
  readonly isReaderGone?: boolean;
  readonly nowMs?: number;
}

/** A running core's API with a data folder whose socket answers. */
export interface TestCore extends TestApi {
  readonly dataDir: string;
  /** Runs a command line on the data folder. */
  readonly run: (line: readonly string[], around?: Around) => Promise<Ran>;
}

/** An empty temporary folder, removed after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "core-cli-"));
  t.after(() => removeFolder(dir));
  return dir;
}

/** Runs a command line as it is. */
export async function runCore(line: readonly string[], around: Around = {}): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const { stdin = "", env = {}, answers, nowMs = Date.now() } = around;
  const serve: Serve = around.serve ?? (() => Promise.reject(new Error("nothing is served here")));
  const code = await runCoreCommand(
    line,
    { serve },
    {
      print: (text) => {
        if (around.isReaderGone === true) throw new OutputClosed();
        out.push(text);
      },
      printError: (text) => void err.push(text),
      env,
      clock: { now: () => nowMs, sleep: () => Promise.resolve() },
      actor: "tester",
      readStdin: () => Promise.resolve(stdin),
      ask: answers === undefined ? undefined : () => Promise.resolve(answers),
      serve,
    },
  );
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** Starts the API's local listener on a data folder, over a fresh database. */
export async function testCore(t: TestContext): Promise<TestCore> {
  const api = await testApi(t);
  const dataDir = await temporaryFolder(t);
  const local = await serveHttp({ app: api.app, socketPath: socketPathOf(dataDir) });
  t.after(() => local.stop());
  const run = async (line: readonly string[], around: Around = {}): Promise<Ran> =>
    await runCore([...line, "--data-dir", dataDir], { nowMs: api.clock.nowMs, ...around });
  return { ...api, dataDir, run };
}
