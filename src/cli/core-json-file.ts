import { readFile } from "node:fs/promises";

import { ConfigError, messageOf } from "../lib/errors.ts";
import { parseJsonText } from "../lib/json-text.ts";
import type { CoreContext } from "./core-context.ts";

/** What a file is called in complaints; "-" is standard input. */
export function inputName(file: string): string {
  return file === "-" ? "standard input" : file;
}

/** Reads JSON from a file, or from standard input for "-". Throws ConfigError naming it, and never quoting what it holds. */
export async function readJsonFile(
  file: string,
  { readStdin }: Pick<CoreContext, "readStdin">,
): Promise<unknown> {
  const name = inputName(file);
  const text = await (file === "-" ? readStdin() : readFile(file, "utf8")).catch(
    (thrown: unknown) => {
      throw new ConfigError(name, `cannot be read: ${messageOf(thrown)}`);
    },
  );
  const parsed = parseJsonText(text);
  if (!parsed.ok) throw new ConfigError(name, parsed.error);
  return parsed.value;
}
