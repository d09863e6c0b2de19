/** The child of code-cache.ts: `make` compiles a program, runs it with a command line and writes what V8 has of it then; `check` sees whether V8 takes that. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Script } from "node:vm";

import { wrapped } from "../../src/lib/embedded-program.ts";
import { EXIT } from "../../src/lib/exit-code.ts";

type Program = (
  exports: { runProgram?: (argv: readonly string[]) => Promise<number> },
  require: NodeJS.Require,
  module: object,
) => void;

const [task, program = "", file = "", ...warm] = process.argv.slice(2);
const text = wrapped(readFileSync(program, "latin1"));
if (task === "check") {
  const script = new Script(text, { cachedData: readFileSync(file) });
  if (script.cachedDataRejected === true) throw new Error("V8 does not take it");
} else {
  const script = new Script(text, { filename: "program.cjs" });
  if (warm.length > 0) await run(script.runInThisContext() as Program);
  writeFileSync(file, script.createCachedData());
}

/** A thread's program finds no thread to run in, once it is loaded. */
process.on("unhandledRejection", () => {});

/** A wrong configuration is where it ends, after everything was loaded and before anything is done. */
async function run(start: Program): Promise<void> {
  const module = { exports: {} as { runProgram?: (argv: readonly string[]) => Promise<number> } };
  start(module.exports, createRequire(import.meta.url), module);
  const { runProgram } = module.exports;
  if (runProgram === undefined) return;
  const code = await runProgram(warm);
  if (code !== EXIT.config) throw new Error(`${warm.join(" ")} ended with ${code}`);
}
