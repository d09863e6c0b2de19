/**
 * `node build/start.mjs build/deno.ts ARGUMENT …`: the Deno that the lockfile pins, with its arguments as given; `npm run deno:check`
 * and `npm run deno:test` are its tasks of deno.json. npm's package called deno is not used: its launcher shadows `deno` inside tasks.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { runProgram } from "./run-program.mjs";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** The one platform that npm has Deno for in a package without an install script. */
const DENO = `${ROOT}node_modules/@deno/linux-x64-glibc/deno`;

if (!existsSync(DENO)) {
  process.stderr.write("the lockfile has Deno for Linux on x64 with glibc only\n");
  process.exit(1);
}
process.exitCode = await runProgram(DENO, process.argv.slice(2), { cwd: ROOT, stdio: "inherit" });
