/** What an agent knows of itself, for tests of what it tells. */
import type { AgentFacts } from "../../src/agent/report.ts";
import { addRun, NO_RUNS, startProgress } from "../../src/agent/source-status.ts";

/** When that is. */
const AGENT_FACTS_MS = Date.UTC(2026, 10, 24, 12);
const progress = {
  ...startProgress({ runId: "r1", trigger: "poll", startedMs: AGENT_FACTS_MS - 60_000 }),
  pages: 3,
  devices: 2_500,
  sentDevices: 2_500,
  sentChunks: 2,
  answers: { 200: 3, none: 1 },
  rateLimitedMs: 12_000,
  rejected: 1,
};
const lastRun = {
  runId: "r1",
  kind: "full",
  outcome: "success",
  startedMs: AGENT_FACTS_MS - 60_000,
  endedMs: AGENT_FACTS_MS - 50_000,
  pages: 3,
  devices: 2_500,
  rejected: 1,
} as const;

/** An agent in the middle of the second run of its source. */
export const AGENT_FACTS: AgentFacts = {
  nowMs: AGENT_FACTS_MS,
  startedMs: AGENT_FACTS_MS - 90_000,
  agentId: "agent-01",
  partition: "default",
  version: "1.2.3",
  session: { phase: "running", gateway: "gw:50052", gatewayId: "gw-1" },
  config: { version: "v1", isFromDisk: false, confirmedMs: AGENT_FACTS_MS - 5_000, rejected: [] },
  certificateEndMs: AGENT_FACTS_MS + 86_400_000,
  memory: { rssBytes: 100, maxBytes: 1_000 },
  sources: [
    {
      name: 'net"box',
      type: "netbox",
      state: "running",
      run: {
        ...progress,
        devices: 10,
        sentDevices: 5,
        sentChunks: 1,
        inFlightChunks: 2,
        answers: { 200: 1, 429: 1 },
        rateLimitedMs: 500,
        pages: 1,
        rejected: 0,
      },
      lastRun,
      nextDueMs: AGENT_FACTS_MS + 60_000,
      runs: 2,
      skipped: 0,
      totals: addRun(NO_RUNS, lastRun, progress),
    },
  ],
};
