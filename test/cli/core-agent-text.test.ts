import assert from "node:assert/strict";
import { test } from "node:test";

import { agentLines } from "../../src/cli/core-agent-text.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const agent = {
  agent_id: "agent-1",
  partition: "default",
  state: "online",
  created_at: "2026-01-01T00:00:00Z",
} as const;

test("an agent's page shows how far a run in flight is, and what it waits for", () => {
  const sources = [
    {
      name: "dc1",
      state: "running",
      run: { devices: 1_200, total: 10_000 },
      waiting: { reason: "rate_limited", for_sec: 12 },
    },
    { name: "dc2", state: "idle", last_run: { outcome: "success", devices: 7 } },
  ];
  const lines = agentLines({ ...agent, status: { sources } }, NOW).join("\n");
  assert.match(lines, /dc1 +running +1,200 of 10,000, rate limited 12 s +-/);
  assert.match(lines, /dc2 +idle +- +success +- +7/);
});

test("an agent's page says that it works with what it had, and since when", () => {
  const status = { sources: [], config_from: "disk", config_confirmed: "2026-11-22T12:00:00Z" };
  const lines = agentLines({ ...agent, status }, NOW).join("\n");
  assert.match(lines, /kept on its disk +it works with what it had, confirmed 2d ago/);
});
