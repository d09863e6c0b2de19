import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  NO_RUNS,
  sourceState,
  startProgress,
  type SourceStatus,
} from "../../src/agent/source-status.ts";
import { heartbeatRequest, syncStatus, type Heartbeat } from "../../src/agent/status.ts";

const NOW = Date.UTC(2026, 10, 23, 12);

const beat: Heartbeat = {
  nowMs: NOW,
  startedMs: NOW - 90_000,
  gatewayId: "gw-1",
  configVersion: "v1",
  rejected: [],
  sources: [],
};

const done: SourceStatus = {
  name: "netbox_dc1",
  type: "netbox",
  serviceId: "8e6c3f2a-0000-4000-8000-000000000001",
  state: "idle",
  lastRun: {
    runId: "r1",
    kind: "full",
    outcome: "success",
    startedMs: NOW - 60_000,
    endedMs: NOW - 50_000,
    pages: 3,
    devices: 2_500,
    rejected: 0,
  },
  nextDueMs: NOW + 540_000,
  runs: 1,
  skipped: 0,
  totals: NO_RUNS,
};
const running: SourceStatus = {
  name: "armis_prod",
  type: "armis",
  state: "running",
  run: {
    ...startProgress({ runId: "r2", trigger: "poll", startedMs: NOW - 10_000 }),
    pages: 2,
    devices: 2_000,
    sentDevices: 1_000,
    sourceTotal: 10_000,
    sourceWait: { reason: "rate_limited", untilMs: NOW + 12_000 },
  },
  runs: 4,
  skipped: 1,
  totals: NO_RUNS,
};
const failed: SourceStatus = {
  ...done,
  name: "broken",
  state: "failed",
  lastRun: {
    ...(done.lastRun ?? assert.fail()),
    outcome: "failed",
    error: { kind: "auth", message: "401" },
  },
};

test("a heartbeat carries the agent and the state of its sources", () => {
  const host = {
    version: "1.2.3",
    hostname: "host-1",
    os: "linux",
    arch: "amd64",
    deploymentType: "docker",
    ip: "192.0.2.7",
  };
  const identity = { agentId: "agent-01", partition: "default", host };
  const request = heartbeatRequest(identity, { ...beat, sources: [done] });
  assert.equal(request.agentId, "agent-01");
  assert.equal(request.gatewayId, "gw-1");
  assert.equal(request.sourceIp, "192.0.2.7");
  const [agent, sync] = request.services ?? [];
  assert.deepEqual(
    [agent?.serviceName, agent?.serviceType, agent?.source, agent?.available],
    ["agent", "agent", "status", true],
  );
  assert.deepEqual(
    [sync?.serviceName, sync?.serviceType, sync?.source],
    ["sync", "sync", "status"],
  );
  assert.deepEqual(JSON.parse(Buffer.from(agent?.message ?? []).toString()), {
    status: "running",
    version: "1.2.3",
    started: "2026-11-23T11:58:30.000Z",
    uptime_sec: 90,
    config_version: "v1",
  });
});

test("every source says its state, its last run, what it waits for and what is next", () => {
  const rejected = [{ name: "typo", reason: "has no type" }];
  const sources = [done, running, failed];
  const text = syncStatus({ ...beat, rejected, sources, rssBytes: 130_000_000 });
  assert.deepEqual(JSON.parse(text), {
    config_version: "v1",
    rss_bytes: 130_000_000,
    sources_total: 4,
    by_state: { idle: 1, running: 1, failed: 2 },
    sources: [
      { name: "typo", state: "failed", error: { kind: "config", message: "has no type" } },
      {
        name: "broken",
        sync_service_id: "8e6c3f2a-0000-4000-8000-000000000001",
        state: "failed",
        error: { kind: "auth", message: "401" },
        type: "netbox",
        runs: 1,
        skipped: 0,
        next_due: "2026-11-23T12:09:00.000Z",
        last_run: {
          run_id: "r1",
          kind: "full",
          outcome: "failed",
          started: "2026-11-23T11:59:00.000Z",
          ended: "2026-11-23T11:59:10.000Z",
          pages: 3,
          devices: 2_500,
          rejected: 0,
        },
      },
      {
        name: "armis_prod",
        state: "running",
        waiting: { reason: "rate_limited", for_sec: 12 },
        type: "armis",
        runs: 4,
        skipped: 1,
        run: {
          run_id: "r2",
          kind: "full",
          started: "2026-11-23T11:59:50.000Z",
          pages: 2,
          devices: 2_000,
          sent: 1_000,
          rejected: 0,
          total: 10_000,
          devices_per_sec: 200,
        },
      },
      {
        name: "netbox_dc1",
        sync_service_id: "8e6c3f2a-0000-4000-8000-000000000001",
        state: "idle",
        type: "netbox",
        runs: 1,
        skipped: 0,
        next_due: "2026-11-23T12:09:00.000Z",
        last_run: {
          run_id: "r1",
          kind: "full",
          outcome: "success",
          started: "2026-11-23T11:59:00.000Z",
          ended: "2026-11-23T11:59:10.000Z",
          pages: 3,
          devices: 2_500,
          rejected: 0,
        },
      },
    ],
  });
});

const anyText = fc.string({ unit: "binary", maxLength: 400 });
const anyStatus = fc
  .record({ base: fc.constantFrom(done, running, failed), name: anyText, message: anyText })
  .map(({ base, name, message }): SourceStatus => {
    const { lastRun } = base;
    const error = { kind: "bad_data", message };
    return {
      ...base,
      name,
      ...(lastRun === undefined || base.state !== "failed"
        ? {}
        : { lastRun: { ...lastRun, error } }),
    };
  });

test("however many sources there are, the state is whole JSON of at most 4,096 bytes, and counts them all", () => {
  fc.assert(
    fc.property(
      fc.array(anyStatus, { maxLength: 120 }),
      fc.array(fc.record({ name: anyText, reason: anyText }), { maxLength: 5 }),
      (sources, rejected) => {
        const text = syncStatus({ ...beat, rejected, sources });
        assert.ok(Buffer.byteLength(text) <= 4_096);
        const read = JSON.parse(text) as {
          sources_total: number;
          sources: { state: string }[];
        };
        assert.equal(read.sources_total, sources.length + rejected.length);
        const order = ["failed", "backoff", "running", "idle"];
        const ranks = read.sources.map(({ state }) => order.indexOf(state));
        assert.deepEqual(
          ranks,
          ranks.toSorted((a, b) => a - b),
          "the worst come first",
        );
        if (sources.length + rejected.length > 0) assert.ok(read.sources.length > 0);
      },
    ),
    { numRuns: 300 },
  );
});

test("a source's state follows from its circumstances", () => {
  const lastRun = failed.lastRun;
  const facts = { isRunning: false, isRetryPlanned: false, lastRun };
  assert.equal(sourceState({ ...facts, isRunning: true, isRetryPlanned: true }), "running");
  assert.equal(sourceState({ ...facts, isRetryPlanned: true }), "backoff");
  assert.equal(sourceState(facts), "failed");
  assert.equal(sourceState({ ...facts, lastRun: done.lastRun }), "idle");
  assert.equal(sourceState({ ...facts, lastRun: undefined }), "idle");
  assert.ok(lastRun !== undefined);
  const error = { kind: "cancelled", message: "the agent stops" };
  assert.equal(sourceState({ ...facts, lastRun: { ...lastRun, error } }), "idle");
});
