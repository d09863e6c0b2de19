/** Sets of record numbers, and counting absence, against models that are too simple to be wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { countAbsences, dueRecords, isGuarded, type Absence } from "../../src/dire/absence.ts";
import {
  formatRecords,
  hasRecord,
  intersect,
  numbersOf,
  parseRecords,
  recordsOf,
  sizeOf,
  subtract,
  takeFirst,
  unite,
  type RecordSet,
} from "../../src/dire/record-set.ts";

const numbersArbitrary = fc.uniqueArray(fc.nat(40), { maxLength: 30 });

function setOf(numbers: Iterable<number>): RecordSet {
  return unite([...numbers].map((no): RecordSet => [[no, no + 1]]));
}

function numbersIn(records: RecordSet): number[] {
  return records.flatMap(([from, until]) =>
    Array.from({ length: until - from }, (_, i) => from + i),
  );
}

function sorted(numbers: Iterable<number>): number[] {
  return [...numbers].toSorted((a, b) => a - b);
}

test("union, intersection and difference of record sets are those of sets of numbers, in one form each", () => {
  fc.assert(
    fc.property(numbersArbitrary, numbersArbitrary, fc.nat(45), (left, right, limit) => {
      const [a, b] = [setOf(left), setOf(right)];
      const inRight = new Set(right);
      const both = left.filter((no) => inRight.has(no));
      assert.deepEqual(unite([a, b]), setOf(new Set([...left, ...right])));
      assert.deepEqual(intersect(a, b), setOf(both));
      assert.deepEqual(subtract(a, b), setOf(left.filter((no) => !inRight.has(no))));
      assert.deepEqual(numbersIn(takeFirst(a, limit)), sorted(left).slice(0, limit));
      assert.equal(sizeOf(a), left.length);
      assert.deepEqual(parseRecords(formatRecords(a)), a);
      assert.deepEqual(recordsOf([...left, ...left]), a);
      assert.deepEqual(numbersOf(a), sorted(left));
      assert.equal(hasRecord(a, limit), left.includes(limit));
    }),
  );
});

const RECORDS = 12;
const HOUR_MS = 3_600_000;
const eventArbitrary = fc.oneof(
  fc.record({
    what: fc.constant("census" as const),
    hours: fc.integer({ min: 1, max: 20 }),
    seen: fc.uniqueArray(fc.nat(RECORDS - 1), { maxLength: RECORDS }),
  }),
  fc.record({
    what: fc.constant("sighting" as const),
    hours: fc.integer({ min: 1, max: 20 }),
    seen: fc.uniqueArray(fc.nat(RECORDS - 1), { maxLength: 3 }),
  }),
);

test("a record is due after so many complete full runs without it and the grace since the first, and any sighting starts afresh", () => {
  const patience = { runs: 3, graceMs: 24 * HOUR_MS };
  const present = setOf(Array.from({ length: RECORDS }, (_, no) => no));
  fc.assert(
    fc.property(fc.array(eventArbitrary, { maxLength: 25 }), (events) => {
      let absences: readonly Absence[] = [];
      let nowMs = 0;
      const missedAt = Array.from({ length: RECORDS }, (): number[] => []);
      for (const { what, hours, seen } of events) {
        nowMs += hours * HOUR_MS;
        for (const no of seen) missedAt[no] = [];
        if (what === "sighting") {
          absences = absences.map((a) => ({ ...a, records: subtract(a.records, setOf(seen)) }));
          continue;
        }
        absences = countAbsences(absences, { present, seen: setOf(seen), nowMs }, patience);
        for (const [no, times] of missedAt.entries()) if (!seen.includes(no)) times.push(nowMs);
        const due = missedAt.flatMap((times, no) => {
          const isDue = times.length >= 3 && nowMs - (times[0] ?? nowMs) >= 24 * HOUR_MS;
          return isDue ? [no] : [];
        });
        assert.deepEqual(dueRecords(absences, patience, nowMs), setOf(due));
      }
    }),
  );
});

test("absences stay few however long records are missing", () => {
  const patience = { runs: 3, graceMs: 24 * HOUR_MS };
  let absences: readonly Absence[] = [];
  for (let run = 1; run <= 500; run += 1) {
    const present: RecordSet = [[0, 1_000]];
    const seen: RecordSet = [[run, 1_000]];
    absences = countAbsences(absences, { present, seen, nowMs: run * HOUR_MS }, patience);
  }
  assert.ok(absences.length <= 25, `${absences.length}`);
});

test("the guard holds what is more than the number and more than the share, not one of them alone", () => {
  const guard = { records: 10, percent: 10 };
  assert.equal(isGuarded(10, 10, guard), false);
  assert.equal(isGuarded(11, 11, guard), true);
  assert.equal(isGuarded(11, 110, guard), false);
  assert.equal(isGuarded(12, 110, guard), true);
  assert.equal(isGuarded(100_000, 1_000_000, guard), false);
});
