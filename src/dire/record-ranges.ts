/**
 * Sets of record numbers as PostgreSQL's int4multirange, in rows of blocks: a block's row is at most 32 KB, however many records
 * a tenant has, and a batch looks only at its own blocks. Pure.
 */
import { formatDays, parseDays } from "./day-set.ts";

/** Record numbers of a block, as a power of two. */
const BLOCK_BITS = 12;

/** The block that a record belongs to. */
export function blockOf(recordNo: number): number {
  return recordNo >> BLOCK_BITS;
}

/** Record numbers as an int4multirange's text. */
export function formatRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const no of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && no <= last[1]) last[1] = Math.max(last[1], no + 1);
    else ranges.push([no, no + 1]);
  }
  return formatDays(ranges);
}

/** Record numbers of an int4multirange's text, ascending. */
export function parseRanges(text: string): number[] {
  return parseDays(text).flatMap(([from, until]) =>
    Array.from({ length: until - from }, (_, i) => from + i),
  );
}
