import assert from "node:assert/strict";
import { test } from "node:test";

import type { HeldPair } from "../../src/ui/calls/review.ts";
import { heldWords } from "../../src/ui/pages/held-words.ts";
import { compared } from "../../src/ui/pages/review/compare.ts";
import {
  indexAfter,
  kindsOf,
  placeOf,
  reviewItems,
} from "../../src/ui/pages/review/review-items.ts";

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

test("pairs of records of the same two devices are one case, with the evidence of each, under the oldest's number", () => {
  const [a, b] = PAIR.records;
  const again = { ...PAIR, quarantine_no: 7, records: [b, { ...a, native_id: "8" }] as const };
  const other = { ...PAIR, quarantine_no: 9, records: [a, { ...b, device_id: "sr:3" }] as const };
  const items = reviewItems({ pairs: [other, again, PAIR] });
  assert.deepEqual(
    items.map(({ id, looks }) => [id, looks?.map(({ names }) => names)]),
    [
      ["pair 9", ["armis/1 with netbox/2"]],
      ["pair 3", ["netbox/2 with armis/8", "armis/1 with netbox/2"]],
    ],
  );
  assert.equal(items[1]?.about, "2 pairs of their records look alike and are held apart.");
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

test("the list stays where it stood when its case is gone, and goes where a link says", () => {
  const [a, b] = PAIR.records;
  const other = { ...PAIR, quarantine_no: 4, records: [a, { ...b, device_id: "sr:4" }] as const };
  const items = reviewItems({ pairs: [PAIR, other] });
  assert.deepEqual(kindsOf(items), [{ kind: "pair", title: "Pairs", count: 2 }]);
  assert.equal(placeOf(items, { id: "pair 4", before: 0 }), 1);
  assert.equal(placeOf(items.slice(0, 1), { id: "pair 4", before: 1 }), 0);
  assert.equal(placeOf([], { id: "pair 4", before: 1 }), 0);
});

test("devices side by side differ in what both say, not in what one leaves open", () => {
  const device = (
    fields: Readonly<Record<string, string>>,
    sources: readonly string[],
  ): Parameters<typeof compared>[0][number] =>
    ({
      sources,
      fields: Object.entries(fields).map(([field, value]) => ({ field, value, losers: [] })),
    }) as never;
  const rows = compared([
    device({ hostname: "SW-1", site: "dc1", model: "C9300" }, ["b", "a"]),
    device({ hostname: "sw-1", site: "dc2" }, ["c"]),
  ]);
  assert.deepEqual(
    rows.map(({ title, how }) => [title, how]),
    [
      ["Hostname", "same"],
      ["Model", "alone"],
      ["Site", "differs"],
      ["Sources", "alone"],
    ],
  );
  assert.deepEqual(rows.at(-1)?.values, ["a, b", "c"]);
});
