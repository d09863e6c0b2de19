import type { SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { runProgram } from "./run-program.mjs";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** The one platform that npm has Deno for in a package without an install script. */
const DENO = `${ROOT}node_modules/@deno/linux-x64-glibc/deno`;

/** Runs the Deno that the lockfile pins to its end, in the checkout; gives its exit code. */
export async function runDeno(
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<number> {
  if (!existsSync(DENO)) {
    process.stderr.write("the lockfile has Deno for Linux on x64 with glibc only\n");
    return 1;
  }
  return runProgram(DENO, args, { cwd: ROOT, stdio: "inherit", ...options });
}
