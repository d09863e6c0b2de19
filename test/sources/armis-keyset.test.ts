import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { keysetPlace, keysetStep, type KeysetStep } from "../../src/sources/armis-keyset.ts";
import type { ArmisPage, ArmisRow } from "../../src/sources/armis-page.ts";

/** What one request finds changed since the one before. */
type Churn = { readonly gone: readonly number[]; readonly came: readonly number[] };

const REQUESTS_MAX = 1_000;

/** Pulls ids from a list that changes before each request, as keysetStep says. */
function pullWhile(
  start: readonly number[],
  churn: readonly Churn[],
  length: number,
): { readonly taken: readonly number[]; readonly requests: number } {
  const present = new Set(start);
  const taken: number[] = [];
  let place = keysetPlace();
  for (let requests = 1; requests < REQUESTS_MAX; requests += 1) {
    const { gone = [], came = [] } = churn[requests] ?? {};
    for (const id of gone) present.delete(id);
    for (const id of came) present.add(id);
    const step = keysetStep(place, pageOf([...present], { from: place.from, length }));
    assert.notEqual(step.kind, "failed", JSON.stringify(step));
    if (step.kind === "failed") break;
    place = step.place;
    if (step.kind === "seek") continue;
    taken.push(...step.rows.flatMap((row) => row.id ?? []));
    if (step.isEnd) return { taken, requests };
  }
  throw new Error("the pull did not end");
}

function pageOf(
  ids: readonly number[],
  { from, length }: { readonly from: number; readonly length: number },
): ArmisPage {
  const sorted = ids.toSorted((a, b) => a - b);
  const rows = sorted.slice(from, from + length).map((id, nth) => rowOf(id, from + nth));
  return { rows, hasNext: from + rows.length < sorted.length, total: sorted.length };
}

function rowOf(id: number | undefined, offset: number): ArmisRow {
  return id === undefined
    ? { offset, rejected: { nativeId: "", reason: "no id" } }
    : { offset, id, record: { id } };
}

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 200, size: "max" });
/** Fewer come between two requests than a page holds, else every page could be the one before, as if `from` were ignored. */
const churnOf = fc.record({
  gone: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 40 }),
  came: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 3 }),
});

test("a device that is there all along is read once, whatever comes and goes meanwhile", () => {
  fc.assert(
    fc.property(
      ids,
      fc.array(churnOf, { maxLength: 30 }),
      fc.integer({ min: 5, max: 20 }),
      (start, churn, length) => {
        const { taken } = pullWhile(start, churn, length);
        const gone = new Set(churn.flatMap((change) => change.gone));
        const came = new Set(churn.flatMap((change) => change.came));
        assert.deepEqual(
          taken,
          [...new Set(taken)].toSorted((a, b) => a - b),
        );
        for (const id of start) assert.ok(gone.has(id) || taken.includes(id), `lost ${id}`);
        for (const id of taken) assert.ok(start.includes(id) || came.has(id), `invented ${id}`);
      },
    ),
  );
});

test("a list that stands still costs one row a page and no step back", () => {
  const start = Array.from({ length: 100 }, (_, nth) => nth * 3 + 1);
  assert.deepEqual(pullWhile(start, [], 12), { taken: start, requests: 9 });
});

test("devices that age out before our place make us step back, not skip", () => {
  const start = Array.from({ length: 100 }, (_, nth) => nth + 1);
  const { taken, requests } = pullWhile(
    start,
    [
      { gone: [], came: [] },
      { gone: [], came: [] },
      { gone: [2, 3, 4], came: [] },
    ],
    20,
  );
  assert.deepEqual(taken, start);
  assert.equal(requests, 8);
});

function failure(step: KeysetStep): string {
  assert.equal(step.kind, "failed");
  return step.kind === "failed" ? `${step.code}: ${step.why}` : "";
}

test("rows that are not in the order of their ids are refused", () => {
  const page = { rows: [rowOf(9, 0), rowOf(4, 1)], hasNext: false };
  assert.match(failure(keysetStep(keysetPlace(), page)), /^filter_ignored: .*orderBy/);
});

test("a server that sends the same page for ever is found out", () => {
  const page = { rows: [rowOf(1, 9), rowOf(2, 10)], hasNext: true };
  const step = keysetStep(keysetPlace(9, 2), page);
  assert.equal(step.kind, "seek");
  if (step.kind !== "seek") return;
  const again = { rows: [rowOf(1, 10), rowOf(2, 11)], hasNext: true };
  assert.match(failure(keysetStep(step.place, again)), /^bad_data: .*does not advance/);
});

test("an empty page that is said to have a successor is refused", () => {
  const page = { rows: [], hasNext: true };
  assert.match(failure(keysetStep(keysetPlace(), page)), /^bad_data: .*empty page/);
});

test("an end that leaves devices unread is asked about once more, then it is truncated", () => {
  const first = keysetStep(keysetPlace(), {
    rows: [rowOf(1, 0), rowOf(2, 1)],
    hasNext: false,
    total: 5,
  });
  assert.equal(first.kind, "rows");
  if (first.kind !== "rows") return;
  assert.equal(first.isEnd, false);
  const again = keysetStep(first.place, { rows: [rowOf(2, 1)], hasNext: false, total: 5 });
  assert.match(failure(again), /^truncated: .*2 of 5/);
});

test("a record without id at the end of a page is counted once", () => {
  const first = keysetStep(keysetPlace(), {
    rows: [rowOf(1, 0), rowOf(undefined, 1)],
    hasNext: true,
  });
  assert.equal(first.kind, "rows");
  if (first.kind !== "rows") return;
  assert.deepEqual(
    first.rows.map(({ id }) => id),
    [1],
  );
  const rows = [rowOf(1, 0), rowOf(undefined, 1), rowOf(2, 2)];
  const second = keysetStep(first.place, { rows, hasNext: false });
  assert.deepEqual(second.kind === "rows" ? second.rows.map(({ id }) => id) : [], [undefined, 2]);
});
