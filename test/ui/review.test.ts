import assert from "node:assert/strict";
import { test } from "node:test";

import type { HeldPair } from "../../src/ui/calls/review.ts";
import { heldWords } from "../../src/ui/pages/held-words.ts";
import { indexAfter, reviewItems } from "../../src/ui/pages/review/review-items.ts";

const PAIR: HeldPair = {
  quarantine_no: 3,
  reason: "mac_only_conflict",
  points: 5,
  threshold: 5.5,
  evidence: [{ type: "mac", value: "00:E0:4C:6B:3A:28", points: 5 }],
  since: "2026-03-01T00:00:00Z",
  records: [
    {
      record_no: 1,
      source: "armis",
      source_id: "x",
      kind: "armis",
      native_id: "1",
      device_id: "sr:1",
      hostname: "alpha",
    },
    {
      record_no: 2,
      source: "netbox",
      source_id: "y",
      kind: "integration",
      native_id: "2",
      device_id: "sr:2",
    },
  ],
};

test("what is held is told at its run and its source, not at others", () => {
  const held = { holds: [{ source_id: "x", run_no: 7 }], retractions: [{ source_id: "x" }] };
  assert.equal(heldWords({ source_id: "x" }, held), "Publication and retraction held");
  assert.equal(heldWords({ source_id: "x", run_no: 7 }, held), "Publication held");
  assert.equal(heldWords({ source_id: "x", run_no: 6 }, held), undefined);
  assert.equal(heldWords({ source_id: "y" }, held), undefined);
});

test("a pair of two devices is merged by a and kept apart by d", () => {
  const [item] = reviewItems({ pairs: [PAIR] });
  assert.equal(item?.title, "alpha and netbox/2 look like one device");
  const acts = [item.accept, item.dismiss].map((one) =>
    one?.kind === "decide" ? one.act : undefined,
  );
  assert.deepEqual(acts, [
    { path: ["devices", "sr:1", "merge"], body: { other: "sr:2" } },
    { path: ["devices", "sr:1", "never-merge"], body: { other: "sr:2" } },
  ]);
});

test("two records of one device are nothing to decide of", () => {
  const [a, b] = PAIR.records;
  const [item] = reviewItems({ pairs: [{ ...PAIR, records: [a, { ...b, device_id: "sr:1" }] }] });
  assert.deepEqual([item?.accept, item?.dismiss], [undefined, undefined]);
});

test("what cannot be taken back asks for the source's name, and stands before pairs", () => {
  const retraction = {
    retraction_no: 9,
    source: "netbox",
    source_id: "y",
    partition: "default",
    reason: "absent",
    state: "held",
    wanted: 400,
    present: 500,
    retired: 0,
    created_at: "2026-03-01T00:00:00Z",
  };
  const items = reviewItems({ pairs: [PAIR], retractions: [retraction] });
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ["retraction", "pair"],
  );
  const accept = items[0]?.accept;
  assert.equal(accept?.kind === "end" && accept.typed, "netbox");
  assert.deepEqual(accept?.kind === "end" && accept.path, ["retractions", "9", "allow"]);
});

test("j and k go through the list and stay within it", () => {
  assert.deepEqual(
    [indexAfter("j", 0, 3), indexAfter("j", 2, 3), indexAfter("k", 0, 3), indexAfter("j", 0, 0)],
    [1, 2, 0, 0],
  );
});
