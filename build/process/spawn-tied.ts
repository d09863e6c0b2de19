import { spawn, type ChildProcessWithoutNullStreams, type SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";

import { commandOf } from "./command-of.ts";

/**
 * Ties a program's life to ours, as src/db/postmaster.ts does with its server: a helper shell, nobody's child, waits for our end of
 * its standard input to close, which the kernel does even on kill -9, and ends the program. `exec` keeps $$ the program's.
 */
const END_WITH_PARENT =
  'exec 3<&0 </dev/null; ( ( read -r _ <&3; kill -KILL $$ ) >/dev/null 2>&1 & ); exec "$@" 3<&-';
const SHELL = "/bin/sh";

/**
 * Starts a program of the checkout, or this runtime with other arguments, so that it ends with this process at the latest, however
 * that ends: a test run that is killed leaves nothing behind. The program has no standard input; both outputs are to be read.
 */
export function spawnTied(
  args: readonly string[],
  options: Omit<SpawnOptions, "stdio"> = {},
): ChildProcessWithoutNullStreams {
  const command = commandOf(args);
  const tied = existsSync(SHELL) ? [SHELL, "-c", END_WITH_PARENT, SHELL, ...command] : command;
  const child = spawn(tied[0] ?? SHELL, tied.slice(1), {
    ...options,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // Nothing is ever written to it: that it breaks when the program ends is no news.
  child.stdin.on("error", () => undefined);
  return child;
}
