import assert from "node:assert/strict";
import { test } from "node:test";

import { decidedBy } from "../../src/dire/decisions.ts";
import { canonicalId, type CanonicalId } from "../../src/model/canonical-id.ts";

function device(kind: string, no: number): Parameters<typeof decidedBy>[0][number] {
  return { id: canonicalId(`${kind}:${no}`), anchor: { key: { kind } } };
}

test("devices are counted by what their id rests on, and those that went by why", () => {
  const clusters = [device("armis", 1), device("armis", 2), device("armis", 3), device("mac", 4)];
  const [first] = clusters;
  assert.ok(first !== undefined);
  const known = new Map<CanonicalId, number>([[first.id, 1]]);
  const departures = [{ reason: "manual_merge" }, { reason: "manual_merge" }] as const;
  assert.deepEqual(decidedBy(clusters, { known, departures }), [
    { rule: "armis", outcome: "updated", devices: 1 },
    { rule: "armis", outcome: "created", devices: 2 },
    { rule: "mac", outcome: "created", devices: 1 },
    { rule: "manual_merge", outcome: "merged", devices: 2 },
  ]);
});

test("where nothing was decided nothing is counted", () => {
  assert.deepEqual(decidedBy([], { known: new Map(), departures: [] }), []);
});
