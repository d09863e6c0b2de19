import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { riskLevelOf } from "../../src/dire/risk.ts";

test("risk is brought to OCSF's levels from both of Armis' scales and from words", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["0", "Info"],
    ["1", "Low"],
    ["3", "Low"],
    ["5", "Medium"],
    ["7", "Medium"],
    ["8", "High"],
    ["10", "Critical"],
    ["39", "Low"],
    ["40", "Medium"],
    ["80", "High"],
    ["95", "Critical"],
    ["HIGH", "High"],
    ["critical", "Critical"],
    ["", undefined],
    ["-1", undefined],
    ["101", undefined],
    ["severe", undefined],
  ];
  for (const [text, level] of cases) assert.equal(riskLevelOf(text)?.name, level, text);
});

test("on one scale a higher score is never a lower level", () => {
  const least = fc.integer({ min: 11, max: 100 });
  fc.assert(
    fc.property(least, least, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      assert.ok((riskLevelOf(String(low))?.id ?? 9) <= (riskLevelOf(String(high))?.id ?? -1));
    }),
  );
});
