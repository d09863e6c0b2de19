/**
 * Sets of whole UTC days since 1970, held as sorted, disjoint, non-adjacent ranges [from, until): the shape of
 * PostgreSQL's int4multirange, whose text both functions at the end read and write.
 */
export type DaySet = readonly (readonly [from: number, until: number])[];

const DAY_MS = 86_400_000;

/** The UTC day of an instant. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

/** The first instant of the UTC day of an instant. */
export function startOfDay(timeMs: number): number {
  return dayOf(timeMs) * DAY_MS;
}

/** The set of one day. */
export function oneDay(day: number): DaySet {
  return [[day, day + 1]];
}

/** Days in either set. */
export function unionDays(a: DaySet, b: DaySet): DaySet {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const merged: [number, number][] = [];
  for (const [from, until] of [...a, ...b].toSorted((x, y) => x[0] - y[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], until);
    else merged.push([from, until]);
  }
  return merged;
}

/** Days in both sets. */
export function intersectDays(a: DaySet, b: DaySet): DaySet {
  const both: [number, number][] = [];
  for (const [fromA, untilA] of a) {
    for (const [fromB, untilB] of b) {
      const [from, until] = [Math.max(fromA, fromB), Math.min(untilA, untilB)];
      if (from < until) both.push([from, until]);
    }
  }
  return both;
}

/** How many days the set holds. */
export function countDays(days: DaySet): number {
  return days.reduce((count, [from, until]) => count + until - from, 0);
}

/** True where the set holds the day. */
export function hasDay(days: DaySet, day: number): boolean {
  return days.some(([from, until]) => from <= day && day < until);
}

/** The set as PostgreSQL writes an int4multirange: "{[20780,20782),[20790,20791)}". */
export function formatDays(days: DaySet): string {
  return `{${days.map(([from, until]) => `[${from},${until})`).join(",")}}`;
}

/** Reads PostgreSQL's canonical text of an int4multirange. */
export function parseDays(text: string): DaySet {
  return [...text.matchAll(/\[(-?\d+),(-?\d+)\)/g)].map(
    (match) => [Number(match[1]), Number(match[2])] as const,
  );
}
