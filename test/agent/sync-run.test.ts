import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { noteWait, startProgress } from "../../src/agent/source-status.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { err, ok } from "../../src/lib/result.ts";
import { armisSource } from "../../src/sources/armis.ts";
import { netboxSource } from "../../src/sources/netbox.ts";
import type { PullOptions, Source } from "../../src/sources/source.ts";
import type { SourceFault } from "../contract/source.ts";
import { ARMIS_SECRET } from "../fakes/armis-access.ts";
import { startArmisFake } from "../fakes/armis-server.ts";
import { createFleet } from "../fakes/fleet.ts";
import { plainFleet } from "../fakes/netbox-fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";
import type { StrictGateway } from "../support/strict-gateway.ts";
import { benchOf, CHUNK_BYTES, scriptedSource, SERVICE_ID, type RunBench } from "./harness.ts";

const script = { pages: 10, devicesPerPage: 100 };

/** Hostnames that the gateway has, in order. */
function hostnames({ entries }: StrictGateway): readonly unknown[] {
  return entries.map((entry) => entry["hostname"]);
}

function allHostnames(count = 1_000): readonly string[] {
  return Array.from({ length: count }, (_, id) => `device-${id}`);
}

/** The gateway has every device once, its chunks are those of the manifest, and no rule was broken. */
function assertWhole({ gateway }: RunBench, count = 1_000): void {
  assert.deepEqual(gateway.violations, []);
  assert.deepEqual(hostnames(gateway), allHostnames(count));
  assert.equal(gateway.manifests.length, 1);
  const [manifest] = gateway.manifests;
  assert.equal(manifest?.outcome, "success");
  assert.equal(manifest?.devices, count);
  const received = [...gateway.received.values()];
  assert.deepEqual(
    manifest?.chunks,
    received.map(({ sha256 }) => ({ sha256 })),
  );
  assert.deepEqual(
    received.map(({ meta }) => meta.is_final),
    received.map((_, index) => index === received.length - 1),
  );
}

test("a run arrives whole, in windows of four chunks, and ends with its manifest", async () => {
  await using bench = await benchOf(scriptedSource(script));
  const { gateway, progress } = bench;
  const end = await bench.run();
  assertWhole(bench);
  assert.equal(end.retry, undefined);
  assert.equal(end.lastRun.outcome, "success");
  assert.equal(progress.pages, 10);
  assert.equal(progress.sentDevices, 1_000);
  const sizes = gateway.calls.map(({ messages }) => messages.length);
  assert.equal(sizes.at(-1), 1, "the manifest comes alone");
  assert.ok(sizes.slice(0, -2).every((size) => size === 4));
});

test("a device is stamped with source, agent, gateway, partition and the run's one event time", async () => {
  await using bench = await benchOf(scriptedSource({ pages: 2, devicesPerPage: 3 }));
  await bench.run();
  const started = new Date(bench.progress.startedMs).toISOString();
  for (const [id, { sync_meta: meta, ...entry }] of bench.gateway.entries.entries()) {
    assert.equal(meta?.sync_service_id, id === 0 ? SERVICE_ID : undefined);
    assert.deepEqual(entry, {
      hostname: `device-${id}`,
      source: "netbox",
      partition: "default",
      agent_id: "agent-01",
      gateway_id: "gw-strict",
      timestamp: started,
      metadata: { netbox_device_id: String(id), comments: "x".repeat(200) },
    });
  }
});

test("NetBox's devices and virtual machines come through", async () => {
  const fleet = createFleet({ seed: 3, devices: 120 });
  await using netbox = await startNetboxFake({ fleet, vms: plainFleet(30, 201) });
  const config = sourceConfig({
    type: "netbox",
    endpoint: netbox.url,
    credentials: secrets({ api_token: netbox.token }),
    pageSize: 50,
    syncServiceId: SERVICE_ID,
  });
  await using bench = await benchOf(netboxSource, { config });
  const { lastRun } = await bench.run();
  assert.deepEqual(bench.gateway.violations, []);
  assert.equal(lastRun.outcome, "success");
  assert.equal(bench.gateway.entries.length, 150);
  assert.equal(bench.gateway.manifests[0]?.sourceTotal, 150);
});

/** The same, but that it waits for nothing. */
function hurried(source: Source): Source {
  return {
    ...source,
    open: (config) => {
      const opened = source.open(config);
      if (!opened.ok) return opened;
      const pull = (options: PullOptions) =>
        opened.value.pull({ ...options, clock: new InstantClock() });
      return ok({ ...opened.value, pull });
    },
  };
}

test("what a source answers is counted by status, and how long it wanted to be left alone, once", async () => {
  const fleet = createFleet({ seed: 3, devices: 5 });
  const faults: (SourceFault | undefined)[] = [
    { kind: "status", status: 429, retryAfter: "7" },
    { kind: "hangup" },
  ];
  await using netbox = await startNetboxFake({ fleet, fault: () => faults.shift() });
  const config = sourceConfig({
    type: "netbox",
    endpoint: netbox.url,
    credentials: secrets({ api_token: netbox.token }),
    concurrentRequests: 1,
    syncServiceId: SERVICE_ID,
  });
  await using bench = await benchOf(hurried(netboxSource), { config });
  const { lastRun } = await bench.run();
  assert.equal(lastRun.outcome, "success");
  const { answers, rateLimitedMs, inFlightChunks } = bench.progress;
  const { 200: good = 0, ...bad } = answers;
  assert.ok(good > 0);
  assert.deepEqual(bad, { 429: 1, none: 1 });
  assert.deepEqual([rateLimitedMs, inFlightChunks], [7_000, 0]);
});

test("waits side by side for the same rest count once, one behind another twice", () => {
  const progress = startProgress({ runId: "r", trigger: "poll", startedMs: 0 });
  noteWait(progress, { reason: "rate_limited", ms: 5_000 }, 1_000);
  noteWait(progress, { reason: "rate_limited", ms: 4_500 }, 2_000);
  noteWait(progress, { reason: "retry", ms: 60_000 }, 3_000);
  assert.equal(progress.rateLimitedMs, 5_500);
  noteWait(progress, { reason: "rate_limited", ms: 1_000 }, 90_000);
  assert.equal(progress.rateLimitedMs, 6_500);
});

test("Armis' devices come through, with what moves of itself apart", async () => {
  const fleet = createFleet({ seed: 3, devices: 150 });
  await using armis = await startArmisFake({ fleet });
  const config = sourceConfig({
    type: "armis",
    endpoint: armis.url,
    credentials: secrets({ secret_key: ARMIS_SECRET }),
    pageSize: 40,
    syncServiceId: SERVICE_ID,
  });
  await using bench = await benchOf(armisSource, { config });
  const { lastRun } = await bench.run();
  assert.deepEqual(bench.gateway.violations, []);
  assert.equal(lastRun.outcome, "success");
  assert.equal(bench.gateway.entries.length, 150);
  const [first] = bench.gateway.entries;
  assert.deepEqual(Object.keys(first?.["volatile"] as object), ["armis_last_seen"]);
});

test("a source without devices is a good run, and its end is told all the same", async () => {
  await using bench = await benchOf(scriptedSource({ pages: 1, devicesPerPage: 0 }));
  const { lastRun } = await bench.run();
  assert.equal(lastRun.outcome, "success");
  assert.equal(bench.gateway.received.size, 0);
  assert.deepEqual(
    bench.gateway.manifests.map(({ outcome, devices, chunks, pages }) => [
      outcome,
      devices,
      chunks,
      pages,
    ]),
    [["success", 0, [], 1]],
  );
});

test("a source that refuses our credentials is a failed run with the reason", async () => {
  const fleet = createFleet({ seed: 3, devices: 5 });
  await using netbox = await startNetboxFake({ fleet });
  const config = sourceConfig({
    type: "netbox",
    endpoint: netbox.url,
    credentials: secrets({ api_token: "wrong-token" }),
    syncServiceId: SERVICE_ID,
  });
  await using bench = await benchOf(netboxSource, { config });
  const end = await bench.run();
  assert.equal(end.retry, "permanent");
  const [manifest] = bench.gateway.manifests;
  assert.equal(manifest?.outcome, "failed");
  assert.equal(manifest?.error?.kind, "auth");
  assert.ok(!JSON.stringify(manifest).includes("wrong-token"));
});

test("what was read before the source failed arrives, without a final chunk, as a partial run", async () => {
  const source = scriptedSource({
    ...script,
    beforePage: (page) => {
      if (page < 3) return Promise.resolve();
      return Promise.reject(new SyncError("auth", "401 in the middle", { retry: "permanent" }));
    },
  });
  await using bench = await benchOf(source);
  const { lastRun } = await bench.run();
  assert.equal(lastRun.outcome, "partial");
  assert.deepEqual(hostnames(bench.gateway), allHostnames(300));
  assert.ok([...bench.gateway.received.values()].every(({ meta }) => !meta.is_final));
  const [manifest] = bench.gateway.manifests;
  assert.deepEqual([manifest?.outcome, manifest?.devices], ["partial", 300]);
  assert.deepEqual(manifest?.error, { kind: "auth", message: "401 in the middle" });
});

test("settings that cannot be used are a failed run that says which", async () => {
  const source: Source = { type: "netbox", open: () => err("credentials.api_token is missing") };
  await using bench = await benchOf(source);
  const end = await bench.run();
  assert.equal(end.lastRun.error?.kind, "config");
  assert.match(bench.gateway.manifests[0]?.error?.message ?? "", /api_token is missing/);
});

test("a bug in a connector is a failed run, not the end of the agent", async () => {
  const source = scriptedSource({
    ...script,
    beforePage: () => Promise.reject(new TypeError("undefined is not a function")),
  });
  await using bench = await benchOf(source);
  const { lastRun } = await bench.run();
  assert.equal(lastRun.error?.kind, "internal");
  assert.equal(bench.gateway.manifests[0]?.outcome, "failed");
});

test("records that cannot be read make the run partial and are counted by reason", async () => {
  const source = scriptedSource({
    pages: 2,
    devicesPerPage: 2,
    page: (page, nth) => ({ ...page, rejected: [{ nativeId: `r${nth}`, reason: "has no id" }] }),
  });
  await using bench = await benchOf(source);
  const { lastRun } = await bench.run();
  assert.deepEqual([lastRun.outcome, lastRun.devices, lastRun.rejected], ["partial", 4, 2]);
  assert.deepEqual(bench.gateway.manifests[0]?.rejected, { "has no id": 2 });
});

test("a device larger than any message is left out and counted", async () => {
  const huge = { hostname: "huge", metadata: { netbox_device_id: "9", notes: "x".repeat(70_000) } };
  const source = scriptedSource({
    pages: 1,
    devicesPerPage: 3,
    page: (page) => ({ ...page, devices: [huge, ...page.devices] }),
  });
  await using bench = await benchOf(source);
  const { lastRun } = await bench.run();
  assert.deepEqual([lastRun.outcome, lastRun.devices, lastRun.rejected], ["partial", 3, 1]);
  assert.deepEqual(bench.gateway.manifests[0]?.rejected, { "larger than a chunk": 1 });
});

test("a run without an id in the core sends its devices and no manifest", async () => {
  const config = sourceConfig({ type: "netbox", endpoint: "http://x" });
  await using bench = await benchOf(scriptedSource(script), { config });
  await bench.run();
  assert.deepEqual(hostnames(bench.gateway), allHostnames());
  assert.deepEqual(bench.gateway.manifests, []);
});

test("a refusal for good ends the run with the gateway's reason, and its end is told", async () => {
  const source = scriptedSource(script);
  await using bench = await benchOf(source);
  bench.gateway.fault = (_, nth) =>
    nth === 1
      ? {
          kind: "status",
          status: "INVALID_ARGUMENT",
          message: "chunk_index was received before with another message",
        }
      : undefined;
  const end = await bench.run();
  assert.equal(end.retry, "permanent");
  assert.equal(end.lastRun.error?.kind, "invalid_argument");
  assert.ok(source.pulled.pages < 10, "the pull was ended");
  const [manifest] = bench.gateway.manifests;
  assert.equal(manifest?.outcome, "partial");
  assert.equal(manifest?.chunks.length, 4, "only what the gateway has is listed");
  assert.match(manifest?.error?.message ?? "", /received before/);
});

test("a gateway that refuses everything costs one run, not the agent", async () => {
  await using bench = await benchOf(scriptedSource(script));
  bench.gateway.fault = () => ({
    kind: "status",
    status: "PERMISSION_DENIED",
    message: "tenant_slug mismatch",
  });
  const { lastRun } = await bench.run();
  assert.equal(lastRun.outcome, "failed");
  assert.equal(lastRun.error?.kind, "permission_denied");
});

test("the manifest hashes what was sent, so that a core can find every chunk", async () => {
  await using bench = await benchOf(scriptedSource(script));
  await bench.run();
  const sent = bench.gateway.calls.slice(0, -1).flatMap(({ messages }) => messages);
  const hashes = sent.map((message) => createHash("sha256").update(message).digest("hex"));
  assert.deepEqual(
    bench.gateway.manifests[0]?.chunks.map(({ sha256 }) => sha256),
    hashes,
  );
});

test("memory holds two windows while the gateway does not answer, and the pull waits", async () => {
  const gate = Promise.withResolvers<void>();
  const source = scriptedSource(script);
  const clock = new ManualClock();
  await using bench = await benchOf(source, { context: { clock } });
  bench.gateway.fault = (_, nth) => (nth === 0 ? { kind: "hold", until: gate.promise } : undefined);
  const running = bench.run();
  await bench.gateway.until(() => bench.gateway.calls.length === 1);
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  // Two windows of four chunks, the newest chunk, and the one being filled.
  assert.ok(
    bench.progress.heldBytesMax <= 10 * CHUNK_BYTES,
    `${bench.progress.heldBytesMax} bytes`,
  );
  assert.equal(bench.progress.inFlightChunks, 4);
  const pulled = source.pulled.pages;
  assert.ok(pulled < 5, `${pulled} pages were pulled`);
  gate.resolve();
  await running;
  assertWhole(bench);
  assert.ok(
    bench.progress.heldBytesMax <= 10 * CHUNK_BYTES,
    `${bench.progress.heldBytesMax} bytes`,
  );
  assert.equal(bench.progress.heldBytes, 0);
});
