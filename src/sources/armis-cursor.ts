import { sha256Hex } from "../lib/hash.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { SourceQuery } from "../model/sync-payload.ts";

/** How far a pull got: the last id that was passed on, and for every query the offset of the last row it had taken by then. */
export interface ArmisCursor {
  readonly lastId: number | undefined;
  readonly offsets: readonly number[];
}

/** Before the first page. */
export function startCursor(queries: readonly SourceQuery[]): ArmisCursor {
  return { lastId: undefined, offsets: queries.map(() => 0) };
}

/** Writes a cursor as text. It holds the queries' hash, since offsets mean nothing in other results. */
export function formatCursor(cursor: ArmisCursor, queries: readonly SourceQuery[]): string {
  return [hashOf(queries), cursor.lastId ?? 0, ...cursor.offsets].join(":");
}

/** Reads what formatCursor wrote for the same queries. */
export function parseCursor(text: string, queries: readonly SourceQuery[]): Result<ArmisCursor> {
  const [hash, lastId = Number.NaN, ...offsets] = text
    .split(":")
    .map((part, nth) => (nth === 0 ? part : Number(part)));
  const numbers = [lastId, ...offsets];
  const isSound =
    hash === hashOf(queries) &&
    offsets.length === queries.length &&
    numbers.every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
  if (!isSound) return err("the cursor is not one of these queries; start without it");
  return ok({ lastId: Number(lastId) || undefined, offsets: offsets.map(Number) });
}

/** Enough that two sets of queries of one source do not meet by chance. */
const HASH_CHARS = 12;

function hashOf(queries: readonly SourceQuery[]): string {
  return sha256Hex(JSON.stringify(queries.map(({ query }) => query))).slice(0, HASH_CHARS);
}
