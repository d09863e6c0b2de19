import assert from "node:assert/strict";
import { test } from "node:test";

import { calibrate } from "./calibrate.ts";
import { createIdentityFleet } from "./identity-fleet.ts";
import { createClosure } from "./models/closure.ts";
import { createHead } from "./models/head.ts";
import { runModel } from "./models/run-model.ts";
import type { Profile } from "./profiles.ts";

function fleetOf(profile: Profile): ReturnType<typeof createIdentityFleet> {
  return createIdentityFleet({ seed: 11, devices: 800, profile });
}

test("the original's bulk path is nearly right on a clean fleet, so nothing is wrong by construction", () => {
  const report = runModel(fleetOf("clean"), createHead());
  assert.ok(report.pair.f1 > 0.99);
  assert.ok(report.exact_share > 0.97);
  assert.equal(report.lost_devices, 0);
});

test("the original's bulk path gets about half of an ordinary fleet right, and little of what moves", () => {
  const report = runModel(fleetOf("default"), createHead());
  assert.ok(report.pair.f1 > 0.7 && report.pair.f1 < 0.88, `pair F1 ${report.pair.f1}`);
  assert.ok(report.exact_share > 0.45 && report.exact_share < 0.65);
  assert.ok((report.modes["dhcp_churn"]?.exact_share ?? 1) < 0.1);
  assert.ok((report.modes["plain"]?.exact_share ?? 0) > 0.9);
});

test("merging over any shared key glues devices together by the dozen", () => {
  const report = runModel(fleetOf("default"), createClosure());
  assert.ok(report.pair.precision < 0.5);
  assert.ok(report.largest_merge_devices > 15);
  assert.ok(report.ghost_share > 0.5);
});

test("calibration shows every model, and every mode with its devices", () => {
  const text = calibrate({ devices: 120, days: 3 }, 1);
  assert.match(text, /^head /m);
  assert.match(text, /^closure /m);
  assert.match(text, /^dock_mac +\d+ /m);
});
