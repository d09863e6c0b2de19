import type { SpawnOptions } from "node:child_process";

/** See run-program.mjs. */
export declare function runProgram(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<number>;
