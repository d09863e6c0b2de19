import { readFile } from "node:fs/promises";

import { ConfigError, messageOf } from "../lib/errors.ts";
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
  if (text.trim() === "") throw new ConfigError(name, "is empty");
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ConfigError(name, `is not JSON${placeOf(text)}`);
  }
}

/** The engine's message quotes the text around the mistake, and that may be a credential: only the place is told. */
function placeOf(text: string): string {
  if (isBeginning(text)) return ": it ends too early";
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  const before = text.slice(0, good).split("\n");
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

/** Whether more text could make JSON of it: the engine then complains of the end, by name or by position. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (thrown) {
    const message = messageOf(thrown);
    const position = /position (\d+)/.exec(message)?.[1];
    return position === undefined
      ? message.includes("end of JSON")
      : Number(position) >= text.length;
  }
}
