/**
 * No input of any route is answered with a failure of ours, with what another tenant has, or not at all. How many cases are drawn for
 * each input: npm test -- --runs N api/fuzz; others than these: --seed N. Very many: npm run fuzz (test/fuzz/fuzz.ts).
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { driveApi } from "../support/api-driver.ts";
import { freshDatabase } from "../support/database.ts";

/** One for each input in every run of the suite. */
const PER_INPUT = Number(process.env["SERVICERADAR_TEST_RUNS"] ?? 1);

const seed = fc.readConfigureGlobal()?.seed ?? Date.now();
test(`no input of any route is answered with a failure of ours, draw ${seed}`, async (t) => {
  const { db } = await freshDatabase(t);
  const { faults } = await driveApi(db, { seed, perInput: PER_INPUT });
  assert.deepEqual(faults, []);
});
