import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { checkGates, checkOrderGates } from "./scoring/gates.ts";
import type { AssignLine, TruthLine } from "./scoring/lines.ts";
import { compareOrder } from "./scoring/order.ts";
import { score, type ScoreReport } from "./scoring/score.ts";

type Row = readonly [device: number, id: string | null, more?: Partial<TruthLine & AssignLine>];

/** Scores lines that are given as device and id. */
function scoreRows(
  rows: readonly Row[],
  aliases: { from: string; to: string }[] = [],
): ScoreReport {
  const truth = rows.map(([device, , more], i): TruthLine => ({
    i,
    device,
    day: more?.day ?? 0,
    source: more?.source ?? "armis",
    modes: more?.modes ?? ["plain"],
  }));
  const assignment = rows.map(([, id, more], i): AssignLine => ({ i, id, at: more?.at ?? id }));
  return score(truth, assignment, aliases);
}

function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

test("a perfect answer scores 1 everywhere and passes every gate", () => {
  const report = scoreRows([
    [1, "a"],
    [1, "a"],
    [2, "b"],
    [3, "c"],
  ]);
  for (const { f1 } of [report.pair, report.bcubed, report.bcubed_device]) assert.equal(f1, 1);
  assert.equal(report.exact_share, 1);
  assert.equal(report.lost_devices, 0);
  assert.equal(report.ghost_clusters, 0);
  assert.equal(report.inventory_ratio, 1);
  assert.equal(report.largest_merge_devices, 1);
  assert.equal(report.stability.same_id_next_day, 1);
  assert.deepEqual(checkGates(report, "default"), []);
  assert.deepEqual(checkGates(report, "clean"), []);
});

test("two devices in one cluster cost precision, one device, and both their exactness", () => {
  const report = scoreRows([
    [1, "a"],
    [1, "a"],
    [1, "a"],
    [2, "a"],
    [3, "c"],
  ]);
  // Of the 6 pairs in "a" 3 are right; B-cubed: (3 * 3/4 + 1/4 + 1) / 5.
  assertClose(report.pair.precision, 0.5);
  assert.equal(report.pair.recall, 1);
  assertClose(report.bcubed.precision, 0.7);
  assertClose(report.bcubed_device.precision, (0.75 + 0.25 + 1) / 3);
  assert.equal(report.lost_devices, 1);
  assert.equal(report.exact_devices, 1);
  assert.equal(report.largest_merge_devices, 2);
  assert.equal(report.ghost_clusters, 0);
});

test("a device in two clusters costs recall and leaves a ghost", () => {
  const report = scoreRows([
    [1, "a"],
    [1, "a"],
    [1, "a"],
    [1, "b"],
  ]);
  assert.equal(report.pair.precision, 1);
  assertClose(report.pair.recall, 0.5);
  assertClose(report.bcubed.recall, (9 + 1) / 16);
  assert.equal(report.over_split_devices, 1);
  assert.equal(report.ghost_clusters, 1);
  assert.equal(report.inventory_ratio, 2);
  assert.equal(report.lost_devices, 0);
});

test("rejected lines are counted and left out, and fail the gates", () => {
  const report = scoreRows([
    [1, "a"],
    [1, null],
    [2, null],
  ]);
  assert.equal(report.rejected, 2);
  assert.equal(report.updates, 1);
  assert.equal(report.devices, 1);
  assert.match(checkGates(report, "default").join(), /rejected is 2/);
});

test("a line without an answer counts as rejected", () => {
  const truth: TruthLine = { i: 0, device: 1, day: 0, source: "armis", modes: [] };
  assert.equal(score([truth], []).rejected, 1);
});

test("modes are scored by their devices, sources by their lines, both within the whole", () => {
  const report = scoreRows([
    [1, "a", { modes: ["dock_mac", "typo"] }],
    [1, "b", { modes: ["dock_mac", "typo"], source: "netbox" }],
    [2, "c", { modes: ["typo"] }],
    [3, "b", { modes: ["plain"] }],
  ]);
  assert.deepEqual(Object.keys(report.modes), ["dock_mac", "plain", "typo"]);
  assert.equal(report.modes["typo"]?.devices, 2);
  assert.equal(report.modes["typo"]?.exact_share, 0.5);
  assert.equal(report.modes["dock_mac"]?.exact_share, 0);
  assert.equal(report.sources["netbox"]?.bcubed.precision, 0.5);
  assert.equal(report.sources["netbox"]?.bcubed.recall, 0.5);
});

test("without sweeps a sighting given to the wrong device costs nothing", () => {
  const report = scoreRows([
    [1, "a"],
    [2, "b"],
    [2, "a", { source: "sweep" }],
  ]);
  assert.equal(report.exact_devices, 0);
  assert.equal(report.records.exact_devices, 2);
});

test("ids are stable where the id of each day is that of the day before, and of the end", () => {
  const stable = { stable: "x" };
  const report = scoreRows([
    [1, stable.stable, { day: 0, at: "x" }],
    [1, stable.stable, { day: 1, at: "x" }],
    [2, "z", { day: 0, at: "y" }],
    [2, "z", { day: 2, at: "z" }],
  ]);
  assert.equal(report.stability.same_id_next_day, 0.5);
  assert.equal(report.stability.first_id_final, 0.5);
  assert.equal(report.stability.first_id_final_or_alias, 0.5);
});

test("a first id that leads to the final one over aliases is as good, and a circle of aliases ends", () => {
  const rows: Row[] = [
    [1, "z", { at: "x" }],
    [2, "q", { at: "p" }],
  ];
  const report = scoreRows(rows, [
    { from: "x", to: "y" },
    { from: "y", to: "z" },
    { from: "p", to: "r" },
    { from: "r", to: "p" },
  ]);
  assert.equal(report.stability.first_id_final_or_alias, 0.5);
});

test("the provisional id of a sweep is not a device's id while there are records", () => {
  const report = scoreRows([
    [1, "a", { source: "sweep", at: "ip" }],
    [1, "a", { source: "sweep", at: "ip" }],
    [1, "a", { at: "a" }],
    [2, "b", { source: "sweep", at: "ip2" }],
  ]);
  assert.equal(report.stability.first_id_final, 0.5);
});

test("an order check tells same clusters with other ids from other clusters", () => {
  const first: AssignLine[] = ["a", "a", "b"].map((id, i) => ({ i, id }));
  const renamed: AssignLine[] = ["x", "x", "b"].map((id, i) => ({ i, id }));
  const regrouped: AssignLine[] = ["a", "b", "b"].map((id, i) => ({ i, id }));
  assert.deepEqual(checkOrderGates(compareOrder(first, first.toReversed())), []);
  const ids = compareOrder(first, renamed);
  assert.ok(ids.is_same_clusters && !ids.is_same_ids);
  assertClose(ids.same_id, 1 / 3);
  const clusters = compareOrder(first, regrouped);
  assert.equal(clusters.same_cluster, 0);
  assert.equal(checkOrderGates(clusters).length, 2);
  assert.ok(!compareOrder(first, first.slice(1)).is_same_ids);
});

test("gates name what is missed and by how much", () => {
  const report = scoreRows([
    [1, "a"],
    [2, "a"],
    [3, "a"],
    [4, "a"],
  ]);
  const failed = checkGates(report, "default");
  assert.ok(failed.includes("largest_merge_devices is 4, must be at most 3"));
  assert.ok(failed.some((failure) => failure.startsWith("pair.f1 is 0")));
  assert.equal(checkGates(report, "stress").length, 1);
});

const rows = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 6 }),
    fc.option(fc.constantFrom("a", "b", "c", "d", "e"), { freq: 9 }),
    fc.record({
      day: fc.integer({ min: 0, max: 3 }),
      source: fc.constantFrom("armis", "sweep", "netbox"),
      at: fc.constantFrom("a", "b", "f"),
    }),
  ),
  { maxLength: 40 },
);

test("neither the order of lines nor the names of clusters change a score", () => {
  fc.assert(
    fc.property(rows, fc.infiniteStream(fc.nat()), (chosen, chance) => {
      const truth = chosen.map(([device, , { day, source }], i): TruthLine => ({
        i,
        device,
        day,
        source,
        modes: ["plain"],
      }));
      const assignment = chosen.map(([, id, { at }], i): AssignLine => ({ i, id, at }));
      const shuffled = <T>(items: readonly T[]): T[] =>
        items
          .map((item) => [chance.next().value ?? 0, item] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, item]) => item);
      const report = score(truth, assignment);
      const other = score(shuffled(truth), shuffled(assignment));
      assertSame(other, report);
    }),
    { numRuns: 100 },
  );
});

/** Equal but for the last digits: sums are taken in another order. */
function assertSame(a: unknown, b: unknown): void {
  const rounded = (report: unknown): string =>
    JSON.stringify(report, (_key, value: unknown) =>
      typeof value === "number" ? Number(value.toFixed(9)) : value,
    );
  assert.deepEqual(JSON.parse(rounded(a)), JSON.parse(rounded(b)));
}

test("scores by counting are those of looking at every pair of lines", () => {
  fc.assert(
    fc.property(rows, (chosen) => {
      const lines = chosen.filter(([, id]) => id !== null);
      const report = scoreRows(lines.map(([device, id]): Row => [device, id]));
      let [right, together, same] = [0, 0, 0];
      for (const [at, [device, id]] of lines.entries()) {
        for (const [otherDevice, otherId] of lines.slice(at + 1)) {
          right += Number(device === otherDevice && id === otherId);
          together += Number(id === otherId);
          same += Number(device === otherDevice);
        }
      }
      assertClose(report.pair.precision, together === 0 ? 1 : right / together);
      assertClose(report.pair.recall, same === 0 ? 1 : right / same);
      assert.ok(report.bcubed.f1 >= 0 && report.bcubed.f1 <= 1 + 1e-12);
    }),
    { numRuns: 200 },
  );
});
