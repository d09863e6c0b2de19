import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseGatewayAddress } from "../../src/agent/gateway-address.ts";
import { planMemory } from "../../src/agent/memory-plan.ts";
import { exitCodeOfRuns } from "../../src/agent/once.ts";
import { progressFields, progressLines } from "../../src/agent/progress-lines.ts";
import { Rejections } from "../../src/agent/rejections.ts";
import {
  NO_RUNS,
  startProgress,
  type LastRun,
  type SourceStatus,
} from "../../src/agent/source-status.ts";

const MIB = 1024 ** 2;

test("more memory never plans less work, and little memory still plans some", () => {
  const chunkBytesMax = 3 * MIB;
  assert.deepEqual(planMemory({ memoryBytesMax: 512 * MIB, chunkBytesMax }), {
    windowChunks: 2,
    sourcesInFlight: 4,
    pageRowsMax: Infinity,
  });
  assert.deepEqual(planMemory({ memoryBytesMax: 192 * MIB, chunkBytesMax }), {
    windowChunks: 1,
    sourcesInFlight: 1,
    pageRowsMax: Infinity,
  });
  const { pageRowsMax } = planMemory({ memoryBytesMax: 192 * MIB, chunkBytesMax: 8 * MIB });
  assert.equal(pageRowsMax, 554, "large chunks leave room for smaller pages alone");
  const anySize = fc.integer({ min: 192, max: 2_048 });
  fc.assert(
    fc.property(anySize, anySize, fc.integer({ min: 65_536, max: 15 * MIB }), (a, b, bytes) => {
      const plan = (mib: number): ReturnType<typeof planMemory> =>
        planMemory({ memoryBytesMax: mib * MIB, chunkBytesMax: bytes });
      const [small, large] = [plan(Math.min(a, b)), plan(Math.max(a, b))];
      assert.ok(small.windowChunks >= 1 && small.sourcesInFlight >= 1);
      assert.ok(large.windowChunks >= small.windowChunks);
    }),
  );
});

function source(outcome: LastRun["outcome"], kind?: string): SourceStatus {
  const error = kind === undefined ? {} : { error: { kind, message: "why" } };
  const run = {
    runId: "r",
    kind: "full",
    startedMs: 0,
    endedMs: 1,
    pages: 1,
    devices: 1,
    rejected: 0,
  } as const;
  const lastRun = { ...run, outcome, ...error };
  return {
    name: "s",
    type: "netbox",
    state: "idle",
    lastRun,
    runs: 1,
    skipped: 0,
    totals: NO_RUNS,
  };
}

const EXITS: readonly (readonly [readonly SourceStatus[], number])[] = [
  [[], 0],
  [[source("success"), source("success")], 0],
  [[source("success"), source("partial")], 3],
  [[source("success"), source("failed", "auth")], 3],
  [[source("partial", "truncated")], 3],
  [[source("failed", "auth"), source("failed", "permission")], 4],
  [[source("failed", "unreachable"), source("failed", "rate_limited")], 5],
  [[source("failed", "unreachable"), source("failed", "auth")], 1],
  [[source("failed", "bad_data")], 1],
];

for (const [sources, code] of EXITS) {
  const outcomes = sources.map(
    ({ lastRun }) => `${lastRun?.outcome} ${lastRun?.error?.kind ?? ""}`,
  );
  test(`one run of each ends with ${code}: ${outcomes.join(", ") || "no sources"}`, () => {
    assert.equal(exitCodeOfRuns({ sources, unusable: [] }), code);
  });
}

test("a source that cannot be used makes one run of each incomplete", () => {
  const unusable = [{ name: "x", reason: "has no type" }];
  assert.equal(exitCodeOfRuns({ sources: [source("success")], unusable }), 3);
  assert.equal(exitCodeOfRuns({ sources: [], unusable }), 1);
});

test("progress says how fast, how long still, and what is waited for", () => {
  const run = {
    ...startProgress({ runId: "r", trigger: "poll", startedMs: 0 }),
    pages: 5,
    devices: 5_000,
    sentDevices: 4_000,
    sourceTotal: 65_000,
    sourceWait: { reason: "rate_limited", untilMs: 22_000 } as const,
  };
  assert.deepEqual(progressFields(run, 10_000), {
    run_id: "r",
    kind: "full",
    pages: 5,
    devices: 5_000,
    sent: 4_000,
    devices_per_sec: 500,
    total: 65_000,
    eta: "2m",
    waiting: "rate limited 12s",
  });
  const passed = { reason: "retry", untilMs: 10_000 } as const;
  const unknown = { ...run, sourceTotal: undefined, sourceWait: passed, rejected: 2 };
  assert.deepEqual(progressFields(unknown, 10_000), {
    run_id: "r",
    kind: "full",
    pages: 5,
    devices: 5_000,
    sent: 4_000,
    devices_per_sec: 500,
    rejected: 2,
  });
});

test("who watches sees a line a source: pages, devices, speed, time left, and what is waited for", () => {
  const run = {
    ...startProgress({ runId: "r", trigger: "poll", startedMs: 0 }),
    pages: 1,
    devices: 5_000,
    sourceTotal: 1_065_000,
    sourceWait: { reason: "rate_limited", untilMs: 22_000 } as const,
  };
  const usual = { type: "netbox", runs: 1, skipped: 0, totals: NO_RUNS };
  const lastRun = {
    runId: "r",
    kind: "full",
    startedMs: 0,
    endedMs: 1,
    pages: 1,
    rejected: 0,
  } as const;
  const lines = progressLines(
    [
      { ...usual, name: "new", state: "idle", nextDueMs: 12_000 },
      { ...usual, name: "dc1", state: "running", run },
      {
        ...usual,
        name: "odd\u001B[2J",
        state: "failed",
        lastRun: {
          ...lastRun,
          outcome: "failed",
          devices: 0,
          error: { kind: "auth", message: "a\nb" },
        },
      },
    ],
    10_000,
  );
  assert.deepEqual(lines, [
    "dc1      full  1 page  5,000 of 1,065,000 devices  500/s  ETA 35m20s  rate limited 12s",
    "new      idle  next in 2s",
    "odd [2J  failed  failed, 0 devices, auth: a b",
  ]);
});

test("rejected records are counted by reason, and a flood of reasons stays bounded", () => {
  const rejections = new Rejections();
  for (let nth = 0; nth < 1_000; nth += 1) {
    rejections.add({ nativeId: `d${nth}`, reason: `odd value ${nth}` });
  }
  rejections.add({ nativeId: "x", reason: "odd value 0" });
  assert.equal(rejections.total, 1_001);
  assert.equal(Object.keys(rejections.counts).length, 61);
  assert.equal(rejections.counts["odd value 0"], 2);
  assert.equal(rejections.counts["other"], 940);
  assert.equal(rejections.samples.length, 5);
});

test("gateway addresses are read with or without a port", () => {
  const read = (text: unknown): string => {
    const address = parseGatewayAddress(text);
    return address.ok ? address.value : "";
  };
  assert.equal(read("gw"), "gw:50052");
  assert.equal(read(" 192.0.2.7:1 "), "192.0.2.7:1");
  assert.equal(read("[::1]"), "[::1]:50052");
  const wrong = ["", "::1", "gw:", "gw:0", "gw:x", "https://gw", "a b", 7];
  assert.deepEqual(
    wrong.map(read),
    wrong.map(() => ""),
  );
});
