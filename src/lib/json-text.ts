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

/** Deeper nesting than anybody writes would only serve to exhaust the stack of what reads it. */
const DEPTH_MAX = 64;

/** Why a JSON value cannot be walked through, undefined where it can: JSON.parse takes a million levels, JSON.stringify some thousands. */
export function tooDeep(value: unknown): string | undefined {
  return faultIn(value, () => undefined);
}

/**
 * Why PostgreSQL could not hold a JSON value or not look into it later, undefined where it can: its `json` takes half a surrogate pair
 * as it comes, and every `->>` over that row fails from then on (22P02).
 */
export function unstorable(value: unknown): string | undefined {
  return faultIn(value, (text) => {
    if (text.includes("\0")) return "holds the character NUL";
    return text.isWellFormed() ? undefined : "holds half a surrogate pair";
  });
}

function faultIn(
  value: unknown,
  faultOfText: (text: string) => string | undefined,
  depth = 0,
): string | undefined {
  if (typeof value === "string") return faultOfText(value);
  if (typeof value !== "object" || value === null) return undefined;
  if (depth >= DEPTH_MAX) return `is nested deeper than ${DEPTH_MAX} levels`;
  for (const [name, member] of Object.entries(value)) {
    const fault = faultOfText(name) ?? faultIn(member, faultOfText, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
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
