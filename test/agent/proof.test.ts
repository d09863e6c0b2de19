import assert from "node:assert/strict";
import { test } from "node:test";

import { deliveryOf } from "../../src/agent/delivery.ts";
import { NO_RUNS, startProgress, type SourceStatus } from "../../src/agent/source-status.ts";

const inTouch = { heartbeatMs: 5_000 };
const config = { rejected: [] };
const idle: SourceStatus = {
  name: "dc1",
  type: "netbox",
  state: "idle",
  runs: 0,
  skipped: 0,
  totals: NO_RUNS,
};
const progress = startProgress({
  runId: "r1",
  trigger: "discovery",
  startedMs: 1_000,
});
const failure = { kind: "unreachable", message: "connection refused" };
const lastRun = {
  runId: "r1",
  kind: "full",
  outcome: "failed",
  startedMs: 1_000,
  endedMs: 2_000,
  pages: 0,
  devices: 0,
  rejected: 0,
  error: failure,
} as const;

const CASES: readonly (readonly [string, Parameters<typeof deliveryOf>[0], boolean, RegExp])[] = [
  [
    "no heartbeat was acknowledged, though a source was",
    {
      session: {},
      config,
      sources: [{ ...idle, totals: { ...NO_RUNS, sentChunks: 1 } }],
    },
    false,
    /no heartbeat/,
  ],
  [
    "there is no session, for a reason",
    { session: { problem: "refused" }, config, sources: [] },
    false,
    /^refused$/,
  ],
  ["there are no sources", { session: inTouch, config, sources: [] }, true, /no sources/],
  [
    "a run has just begun",
    { session: inTouch, config, sources: [{ ...idle, run: progress }] },
    false,
    /^no run was acknowledged yet$/,
  ],
  [
    "the gateway has the first chunk of a long run",
    { session: inTouch, config, sources: [{ ...idle, run: { ...progress, sentChunks: 1 } }] },
    true,
    /dc1/,
  ],
  [
    "a run of nothing ended well",
    {
      session: inTouch,
      config,
      sources: [
        { ...idle, totals: { ...NO_RUNS, byOutcome: { ...NO_RUNS.byOutcome, success: 1 } } },
      ],
    },
    true,
    /dc1/,
  ],
  [
    "every run failed",
    { session: inTouch, config, sources: [{ ...idle, lastRun }] },
    false,
    /dc1: connection refused/,
  ],
  [
    "one source failed, another delivered",
    {
      session: inTouch,
      config,
      sources: [
        { ...idle, lastRun },
        { ...idle, name: "dc2", totals: { ...NO_RUNS, sentChunks: 4 } },
      ],
    },
    true,
    /dc2/,
  ],
  [
    "the only source cannot be used",
    {
      session: inTouch,
      config: { ...config, rejected: [{ name: "dc1", reason: "its type is unknown" }] },
      sources: [],
    },
    false,
    /dc1 cannot be used: its type is unknown/,
  ],
];

for (const [when, facts, isProven, because] of CASES) {
  test(`an agent is ${isProven ? "" : "not "}shown to deliver where ${when}`, () => {
    const delivery = deliveryOf(facts);
    assert.equal(delivery.is_proven, isProven);
    assert.match(delivery.because, because);
  });
}
