/**
 * Sets of record numbers as sorted, disjoint, non-adjacent ranges [from, until): PostgreSQL's int4multirange. Every operation is
 * one walk over both lists, because a source that lists its records in another order each time makes many ranges. Pure.
 */
import { formatDays, parseDays } from "./day-set.ts";

type Range = readonly [from: number, until: number];

/** A set of record numbers. */
export type RecordSet = readonly Range[];

/** Reads an int4multirange's text. */
export const parseRecords: (text: string) => RecordSet = parseDays;

/** Writes it. */
export const formatRecords: (records: RecordSet) => string = formatDays;

/** Records in any of the sets. */
export function unite(sets: readonly RecordSet[]): RecordSet {
  const united: [number, number][] = [];
  for (const [from, until] of sets.flat().toSorted((a, b) => a[0] - b[0])) {
    const last = united.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], until);
    else united.push([from, until]);
  }
  return united;
}

/** Records in both. */
export function intersect(a: RecordSet, b: RecordSet): RecordSet {
  const both: Range[] = [];
  let [i, j] = [0, 0];
  for (let [x, y] = [a[0], b[0]]; x !== undefined && y !== undefined; [x, y] = [a[i], b[j]]) {
    const [from, until] = [Math.max(x[0], y[0]), Math.min(x[1], y[1])];
    if (from < until) both.push([from, until]);
    if (x[1] <= y[1]) i += 1;
    else j += 1;
  }
  return both;
}

/** Records of the first that are not in the second. */
export function subtract(a: RecordSet, b: RecordSet): RecordSet {
  const left: Range[] = [];
  let next = 0;
  for (const [start, until] of a) {
    let from = start;
    while ((b[next]?.[1] ?? Infinity) <= from) next += 1;
    for (let k = next, hole = b[k]; hole !== undefined && hole[0] < until; hole = b[(k += 1)]) {
      if (from < hole[0]) left.push([from, hole[0]]);
      from = hole[1];
    }
    if (from < until) left.push([from, until]);
  }
  return left;
}

/** The set of some records, in any order. */
export function recordsOf(numbers: readonly number[]): RecordSet {
  const ranges: [number, number][] = [];
  for (const no of Int32Array.from(numbers).toSorted()) {
    const last = ranges.at(-1);
    if (last !== undefined && no <= last[1]) last[1] = Math.max(last[1], no + 1);
    else ranges.push([no, no + 1]);
  }
  return ranges;
}

/** The records of a set, ascending. */
export function numbersOf(records: RecordSet): readonly number[] {
  const numbers: number[] = [];
  for (const [from, until] of records) for (let no = from; no < until; no += 1) numbers.push(no);
  return numbers;
}

/** Whether a record is in a set. */
export function hasRecord(records: RecordSet, recordNo: number): boolean {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.[1] ?? Infinity) <= recordNo) low = middle + 1;
    else high = middle;
  }
  return (records[low]?.[0] ?? Infinity) <= recordNo;
}

/** How many records. */
export function sizeOf(records: RecordSet): number {
  return records.reduce((size, [from, until]) => size + until - from, 0);
}

/** The first so many records. */
export function takeFirst(records: RecordSet, limit: number): RecordSet {
  const taken: Range[] = [];
  let left = limit;
  for (const [from, until] of records) {
    if (left <= 0) break;
    taken.push([from, Math.min(until, from + left)]);
    left -= until - from;
  }
  return taken;
}
