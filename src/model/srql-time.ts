/** Spans of time as SRQL writes them: `last_24h`, `today`, `"7 Days"`, `[2026-01-01,]`. Pure: now is given. */
import { err, ok, type Result } from "../lib/result.ts";
import type { Match, SrqlError, Value } from "./srql-syntax.ts";

/** From and to, ms since 1970, `toMs` exclusive; an open side is undefined. */
export interface TimeSpan {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** Nothing was seen before 1970, and PostgreSQL has no year 0. */
const EARLIEST_MS = 0;
const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3_600 * SECOND_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
};
/** `last_24h`, and Armis' `7 Days`; a month has no certain length. */
const LAST = /^(?:last_)?(\d{1,6})\s*(s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?)$/i;
const ABSOLUTE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/i;

/** The span that a `time:` term names. Days are UTC's, as every time in the API is. */
export function timeSpanOf(match: Match, nowMs: number): Result<TimeSpan, SrqlError> {
  if (match.kind === "beyond") return beyond(match, nowMs);
  if (match.kind === "between") return between(match, nowMs);
  const [value] = match.values;
  if (value === undefined || match.values.length > 1) {
    return err({
      message: "time takes one span",
      span: match.values[1]?.span ?? { from: 0, to: 0 },
    });
  }
  return named(value, nowMs);
}

/** A moment: absolute, or as long ago as `last_24h` says. */
export function momentOf({ text, span }: Value, nowMs: number): Result<number, SrqlError> {
  const ago = lengthOf(text);
  if (ago !== undefined) return ok(Math.max(EARLIEST_MS, nowMs - ago));
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/i.test(text) || !/[T ]/i.test(text);
  const ms = ABSOLUTE.test(text) ? Date.parse(text.replace(" ", "T") + (hasZone ? "" : "Z")) : NaN;
  if (Number.isFinite(ms)) return ok(Math.max(EARLIEST_MS, ms));
  return err({ message: `"${text}" is no time such as 2026-01-31T08:00:00Z or last_24h`, span });
}

function named(value: Value, nowMs: number): Result<TimeSpan, SrqlError> {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const word = value.text.toLowerCase();
  if (word === "today") return ok({ fromMs: today, toMs: undefined });
  if (word === "yesterday") return ok({ fromMs: today - DAY_MS, toMs: today });
  const ago = lengthOf(word);
  if (ago !== undefined) return ok({ fromMs: Math.max(EARLIEST_MS, nowMs - ago), toMs: undefined });
  const message = `"${value.text}" is no span of time such as last_24h, today, "7 Days" or [2026-01-01,2026-02-01]`;
  return err({ message, span: value.span });
}

function lengthOf(text: string): number | undefined {
  const [, count, unit] = LAST.exec(text) ?? [];
  const unitMs = UNIT_MS[unit?.[0]?.toLowerCase() ?? ""];
  return count === undefined || unitMs === undefined ? undefined : Number(count) * unitMs;
}

function between(
  match: Extract<Match, { kind: "between" }>,
  nowMs: number,
): Result<TimeSpan, SrqlError> {
  const [low, high] = [match.low, match.high].map((value) =>
    value === undefined ? ok(undefined) : momentOf(value, nowMs),
  );
  if (low?.ok === false) return low;
  if (high?.ok === false) return high;
  return ok({ fromMs: low?.value, toMs: high?.value });
}

function beyond(
  { operator, value }: Extract<Match, { kind: "beyond" }>,
  nowMs: number,
): Result<TimeSpan, SrqlError> {
  const moment = momentOf(value, nowMs);
  if (!moment.ok) return moment;
  // Times are whole milliseconds: beyond one begins with the next.
  const ms = moment.value + (operator === ">" || operator === "<=" ? 1 : 0);
  return ok(
    operator.startsWith(">") ? { fromMs: ms, toMs: undefined } : { fromMs: undefined, toMs: ms },
  );
}
