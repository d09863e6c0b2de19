import { messageOf } from "./errors.ts";
import { err, ok, type Result } from "./result.ts";

/**
 * Reads JSON. The error is "is not JSON" and the place. The engine's own message quotes the text around the mistake, and that may
 * be a credential.
 */
export function parseJsonText(text: string): Result<unknown> {
  if (text.trim() === "") return err("is empty");
  try {
    return ok(JSON.parse(text) as unknown);
  } catch {
    return err(`is not JSON${placeOf(text)}`);
  }
}

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
