import assert from "node:assert/strict";
import { test } from "node:test";

import { isTakeable, isWhole, workedThrough, type TagChange } from "../../src/ui/calls/tag-work.ts";
import { pickedIn, PICKED_MAX, picksAfter } from "../../src/ui/pages/devices/picks.ts";
import { changeWords, progressWords, reachWords } from "../../src/ui/pages/devices/tag-words.ts";

const BEGAN: TagChange = {
  change_no: 7,
  state: "running",
  actor: "vic",
  reason: "",
  query: "in:devices",
  add: { role: "edge", lab: "" },
  remove: ["old"],
  devices: 1_000,
  changed: 2_000,
  restored: 0,
  skipped: 0,
  started_at: "2026-01-30T12:00:00.000Z",
};

/** A core that has so many slices left, and what was asked of it. */
function coreWith(slices: number): { readonly next: () => Promise<TagChange>; asked: number } {
  const core = {
    asked: 0,
    next: (): Promise<TagChange> => {
      core.asked += 1;
      const state = core.asked < slices ? "running" : "done";
      return Promise.resolve({ ...BEGAN, state, devices: 1_000 * (core.asked + 1) });
    },
  };
  return core;
}

test("a change of tags is worked to its end, and told slice by slice", async () => {
  const [core, told] = [coreWith(3), [] as number[]];
  const { signal } = new AbortController();
  const tell = ({ devices }: TagChange): unknown => told.push(devices);
  const change = await workedThrough(BEGAN, core.next, { tell, signal });
  assert.equal(change.state, "done");
  assert.deepEqual(told, [1_000, 2_000, 3_000, 4_000]);
});

test("a change of tags that is stopped asks for no slice more, and tells of the one under way", async () => {
  const [core, stopping] = [coreWith(100), new AbortController()];
  const tell = ({ devices }: TagChange): void => {
    if (devices === 1_000) queueMicrotask(() => stopping.abort());
  };
  const change = await workedThrough(BEGAN, core.next, { tell, signal: stopping.signal });
  assert.deepEqual([core.asked, change.state, change.devices], [1, "running", 2_000]);
  assert.equal(progressWords(change, false).startsWith("Half-way"), true);
  assert.equal(isTakeable(change), true);
});

test("what a change of tags did is said in a line, and of which devices", () => {
  assert.equal(changeWords(BEGAN), "role=edge, lab, without old");
  assert.equal(reachWords(BEGAN), "all devices");
  assert.equal(reachWords({ ...BEGAN, query: "type:Switch", q: "fra" }), "fra type:Switch");
  assert.equal(reachWords({ ...BEGAN, device_ids: ["a", "b"] }), "2 picked devices");
  assert.equal(isTakeable({ ...BEGAN, state: "done", changed: 0 }), false);
  assert.equal(isTakeable({ ...BEGAN, state: "undone" }), false);
  // What the core ended because nobody went on with it: nothing more is asked for, and it can be taken back.
  const left = { ...BEGAN, state: "stopped" as const };
  assert.deepEqual([isWhole(left), isTakeable(left)], [true, true]);
  assert.match(progressWords(left, false), /^Left half-way/);
});

test("picks are of one list, and end where the API takes no more by name", () => {
  const full = new Set(Array.from({ length: PICKED_MAX }, (_, at) => String(at)));
  assert.equal(picksAfter(full, "more", true), undefined);
  assert.equal(picksAfter(full, "0", true)?.size, PICKED_MAX);
  const fewer = picksAfter(full, "0", false) ?? full;
  assert.equal(picksAfter(fewer, "more", true)?.has("more"), true);
  assert.equal(pickedIn({ list: "acme", ids: full }, "acme"), full);
  assert.equal(pickedIn({ list: "acme", ids: full }, "globex").size, 0);
});
