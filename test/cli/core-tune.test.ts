/** The tuning matrix as an operator asks for it, and as a server shows what it is tuned to. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { runCore } from "../support/core-cli.ts";

const ASKED = ["tune", "--max-connections", "500", "--replicas", "4", "--devices", "400000"];

test("tune prints the row of the matrix for a workload, and why", async () => {
  const { code, out } = await runCore([...ASKED, "--tenants", "7"]);
  assert.equal(code, 0);
  assert.match(out, /^workload +medium$/m);
  assert.match(out, /^connections a core may have +75$/m);
  assert.match(out, /^POOL_SIZE +75 +60-80$/m);
  assert.match(out, /^SYNC_INGESTOR_BATCH_CONCURRENCY +4 +2-4$/m);
  assert.match(out, /400,000 devices of 7 tenants: the row "medium"/);
  assert.match(out, /floor\(500 \* 0\.6 \/ 4\) = 75 connections a core, fewer than the row's 76/);
});

test("tune prints JSON for machines, and tenants are one where nobody says", async () => {
  const { out } = await runCore([...ASKED, "--json"]);
  const body = JSON.parse(out) as Record<string, unknown>;
  assert.deepEqual(
    [body["workload"], body["pool_budget"], body["tenants"], body["max_connections"]],
    ["medium", 75, 1, 500],
  );
});

test("tune says which number is missing or cannot be meant", async () => {
  const missing = await runCore(["tune", "--max-connections", "500", "--replicas", "4"]);
  assert.equal(missing.code, 2);
  assert.match(missing.err, /--devices is missing/);
  const none = await runCore([...ASKED.slice(0, 4), "0", "--devices", "1"]);
  assert.equal(none.code, 2);
  assert.match(none.err, /--replicas must be a whole number from 1 to 1000, not "0"/);
});
