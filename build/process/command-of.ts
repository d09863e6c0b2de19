import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { nodeFlags } from "../node-flags.mjs";

/** The checkout. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const EXECUTABLE = /^src\/bin\/(agent|core)\.ts$/;

/**
 * What starts a program of the checkout, given its path from there and its arguments: this runtime with the flags that it needs. Where
 * SERVICERADAR_EXECUTABLES names a folder, the executables in there stand for src/bin/, so that whatever is tried with the one is tried
 * with the other.
 */
export function commandOf(
  args: readonly string[],
  built: string | undefined = process.env["SERVICERADAR_EXECUTABLES"],
): readonly string[] {
  const [script = "", ...rest] = args;
  const component = EXECUTABLE.exec(script)?.[1];
  if (component === undefined || built === undefined || built === "") {
    return [process.execPath, ...nodeFlags(script), ...args];
  }
  const name = `serviceradar-${component}-${process.platform}-${process.arch}`;
  return [join(built, name), ...rest];
}
