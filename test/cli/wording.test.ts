import assert from "node:assert/strict";
import { test } from "node:test";

import {
  agoText,
  countOf,
  countText,
  durationText,
  rateText,
  spanText,
  timeText,
} from "../../src/cli/wording.ts";

const SECOND = 1_000;
const SPANS: readonly (readonly [number, string])[] = [
  [0, "0s"],
  [400, "0s"],
  [1_600, "2s"],
  [119 * SECOND, "119s"],
  [120 * SECOND, "2m"],
  [119 * 60 * SECOND, "119m"],
  [47 * 3_600 * SECOND, "47h"],
  [48 * 3_600 * SECOND, "2d"],
  [400 * 86_400 * SECOND, "400d"],
  [-5, "0s"],
];

for (const [ms, text] of SPANS) {
  test(`${ms} ms are "${text}"`, () => assert.equal(spanText(ms), text));
}

test("a time is so long ago, or comes in so long", () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(agoText("2025-12-31T23:50:00.000Z", now), "10m ago");
  assert.equal(agoText("2026-01-11T00:00:00.000Z", now), "in 10d");
  assert.equal(agoText(undefined, now), undefined);
});

test("a time is shown to the second", () => {
  assert.equal(timeText("2026-01-30T08:15:00.123Z"), "2026-01-30 08:15:00Z");
  assert.equal(timeText(undefined), undefined);
});

test("numbers are grouped, and their nouns agree", () => {
  assert.deepEqual(
    [countText(7), countText(1234), countText(1234567)],
    ["7", "1,234", "1,234,567"],
  );
  assert.deepEqual([countOf(1, "device"), countOf(0, "device")], ["1 device", "0 devices"]);
});

test("a rate needs something and time", () => {
  assert.equal(rateText(10_000, 2_000), "5,000/s");
  assert.equal(rateText(0, 2_000), undefined);
  assert.equal(rateText(5, 0), undefined);
});

test("what took less than two minutes is told more exactly", () => {
  assert.deepEqual([0, 318, 12_340, 119_900, 600_000].map(durationText), [
    "0ms",
    "318ms",
    "12.3s",
    "119.9s",
    "10m",
  ]);
});
