import assert from "node:assert/strict";
import { test } from "node:test";

import { progressLines, progressText, type Progress } from "../../src/cli/core-progress-text.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const run: Progress = {
  source: "dc1",
  source_id: "id",
  agent_id: "agent-1",
  run_id: "r",
  kind: "full",
  started_at: new Date(NOW - 10_000).toISOString(),
  told_at: new Date(NOW).toISOString(),
  pages: 12,
  total: 10_000,
  fetched: 1_200,
  streamed: 1_000,
  ingested: 900,
  reconciled: 800,
  rejected: 1,
  waiting: { reason: "rate_limited", until: new Date(NOW + 12_000).toISOString() },
};

test("how far a run is stands in one line, with its pace and what it waits for", () => {
  assert.equal(progressText(run, NOW), "1,200 of 10,000, 120/s, rate limited 12s");
  const { total: _, waiting: __, ...bare } = run;
  assert.equal(progressText({ ...bare, fetched: 0 }, NOW), "0");
});

test("runs under way are a table before the runs, and nothing where there are none", () => {
  assert.deepEqual(progressLines([], NOW), []);
  const text = progressLines([run], NOW).join("\n");
  assert.match(text, /SOURCE +KIND +STARTED +FETCHED +STREAMED +INGESTED +RECONCILED +REJECTED/);
  assert.match(text, /dc1 +full +10s ago +1,200 of 10,000, .* +1,000 +900 +800 +1/);
});
