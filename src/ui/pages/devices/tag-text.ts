/** Tags as people write them: "role=edge, lab". Pure. */
import { err, ok, type Result } from "../../../lib/result.ts";

/** As the API takes a key, so that a query can name it. */
const KEY = /^[\w-]+(?:\.[\w-]+)*$/;

/** Tags by key, a bare word with the empty value; the error names what is none. */
export function readTags(text: string): Result<Readonly<Record<string, string>>> {
  const tags: Record<string, string> = {};
  for (const word of wordsOf(text)) {
    const at = word.indexOf("=");
    const key = (at < 0 ? word : word.slice(0, at)).trim();
    if (!KEY.test(key)) return err(`"${key}": a tag's name has letters, digits, _, - and dots`);
    tags[key] = at < 0 ? "" : word.slice(at + 1).trim();
  }
  return ok(tags);
}

/** Keys alone. */
export function readKeys(text: string): Result<readonly string[]> {
  const read = readTags(text);
  return read.ok ? ok(Object.keys(read.value)) : read;
}

/** "role=edge", or "lab" for a bare word. */
export function tagWord(key: string, value: string): string {
  return value === "" ? key : `${key}=${value}`;
}

function wordsOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
