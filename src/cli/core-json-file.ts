import { readFile } from "node:fs/promises";

import { ConfigError, messageOf } from "../lib/errors.ts";
import type { CoreContext } from "./core-context.ts";

/** Reads JSON from a file, or from standard input for "-". Throws ConfigError naming it, and never quoting what it holds. */
export async function readJsonFile(
  file: string,
  { readStdin }: Pick<CoreContext, "readStdin">,
): Promise<unknown> {
  const name = file === "-" ? "standard input" : file;
  const text = await (file === "-" ? readStdin() : readFile(file, "utf8")).catch(
    (thrown: unknown) => {
      throw new ConfigError(name, `cannot be read: ${messageOf(thrown)}`);
    },
  );
  if (text.trim() === "") throw new ConfigError(name, "is empty");
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    throw new ConfigError(name, `is not JSON${placeOf(thrown, text)}`);
  }
}

/** The engine's message quotes the text around the mistake, and that may be a credential: only the place is told. */
function placeOf(thrown: unknown, text: string): string {
  const position = /position (\d+)/.exec(messageOf(thrown))?.[1];
  if (position === undefined) return "";
  const before = text.slice(0, Number(position)).split("\n");
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
