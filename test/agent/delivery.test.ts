import assert from "node:assert/strict";
import { test } from "node:test";

import { ManualClock } from "../support/manual-clock.ts";
import type { GatewayFault, StrictGateway } from "../support/strict-gateway.ts";
import { benchOf, CHUNK_BYTES, scriptedSource, type RunBench } from "./harness.ts";

const script = { pages: 10, devicesPerPage: 100 };

function assertWhole({ gateway }: RunBench): void {
  assert.deepEqual(gateway.violations, []);
  assert.deepEqual(
    gateway.entries.map((entry) => entry["hostname"]),
    Array.from({ length: 1_000 }, (_, id) => `device-${id}`),
  );
  assert.deepEqual(
    gateway.manifests.map(({ outcome, devices }) => [outcome, devices]),
    [["success", 1_000]],
  );
}

/** The call that followed a failed one carries the same bytes from its first to its last. */
function assertResent({ calls }: StrictGateway, nth: number): void {
  const [failed, again] = [calls[nth], calls[nth + 1]];
  assert.equal(failed?.outcome, "failed");
  assert.equal(again?.outcome, "received");
  for (const [index, message] of (failed?.messages ?? []).entries()) {
    assert.ok(message.equals(again?.messages[index] ?? Buffer.alloc(0)), `chunk ${index} differs`);
  }
}

const FAULTS: readonly GatewayFault[] = [
  { kind: "lost_answer" },
  { kind: "cut", afterChunks: 1 },
  { kind: "cut", afterChunks: 4 },
  { kind: "status", status: "UNAVAILABLE", message: "core unavailable" },
  { kind: "status", status: "INTERNAL", message: "internal error", afterChunks: 2 },
  { kind: "status", status: "DEADLINE_EXCEEDED", message: "too slow", afterChunks: 3 },
];

for (const fault of FAULTS) {
  test(`a window is sent again byte for byte, and nothing is lost or doubled: ${JSON.stringify(fault)}`, async () => {
    const clock = new ManualClock();
    await using bench = await benchOf(scriptedSource(script), { context: { clock } });
    const { gateway } = bench;
    gateway.fault = (_, nth) => (nth === 1 ? fault : undefined);
    const running = bench.run();
    await gateway.until(() => gateway.calls[1]?.outcome === "failed");
    await clock.untilSleeping((ms) => ms <= 1_000);
    assert.equal(bench.progress.gatewayWait?.reason, "gateway_away");
    await gateway.until(() => gateway.isOpen);
    bench.reconnect();
    await running;
    assertWhole(bench);
    assertResent(gateway, 1);
    assert.equal(bench.progress.gatewayWait, undefined);
  });
}

test("a manifest is sent again as well", async () => {
  const clock = new ManualClock();
  await using bench = await benchOf(scriptedSource({ pages: 1, devicesPerPage: 1 }), {
    context: { clock },
  });
  const { gateway } = bench;
  gateway.fault = (_, nth) => (nth === 1 ? { kind: "cut", afterChunks: 1 } : undefined);
  const running = bench.run();
  await gateway.until(() => gateway.calls[1]?.outcome === "failed");
  await clock.untilSleeping((ms) => ms <= 1_000);
  await gateway.until(() => gateway.isOpen);
  bench.reconnect();
  await running;
  assertResent(gateway, 1);
  assert.equal(gateway.manifests.length, 1);
});

test("a gateway that is full is obeyed to the millisecond, and that is no failure", async () => {
  const clock = new ManualClock();
  await using bench = await benchOf(scriptedSource(script), { context: { clock } });
  const { gateway } = bench;
  const full: GatewayFault = {
    kind: "status",
    status: "RESOURCE_EXHAUSTED",
    message: "inbox holds 200 chunks that are not worked yet",
    retryAfterMs: 7_000,
  };
  gateway.fault = (_, nth) => (nth === 1 || nth === 2 ? full : undefined);
  const running = bench.run();
  for (const calls of [2, 3]) {
    await clock.untilSleeping((ms) => ms === 7_000);
    assert.equal(bench.progress.gatewayWait?.reason, "gateway_busy");
    // A new connection does not make a full gateway any emptier.
    bench.reconnect();
    await clock.advance(6_999);
    assert.equal(gateway.calls.length, calls);
    await clock.advance(1);
  }
  const { lastRun } = await running;
  assert.equal(lastRun.outcome, "success");
  assertWhole(bench);
});

test("a run outlives a gateway that is away for a day, on two windows of memory", async () => {
  const clock = new ManualClock();
  const source = scriptedSource(script);
  await using bench = await benchOf(source, { context: { clock } });
  const { gateway } = bench;
  gateway.fault = (rpc, nth) =>
    rpc === "streamStatus" && nth === 1 ? { kind: "cut", afterChunks: 0 } : undefined;
  const running = bench.run();
  await gateway.until(() => gateway.calls.length === 2 && gateway.isOpen);
  await gateway.goAway();
  // A day in steps: tries come at most 30 s apart and fail on a closed port.
  for (let hour = 0; hour < 24; hour += 1) {
    await clock.untilSleeping((ms) => ms <= 30_000);
    await clock.advance(3_600_000);
  }
  const { pages } = source.pulled;
  assert.ok(pages < 10 && bench.progress.heldBytes <= 10 * CHUNK_BYTES);
  assert.equal(bench.progress.gatewayWait?.reason, "gateway_away");
  await gateway.open();
  await clock.untilSleeping((ms) => ms <= 30_000);
  bench.reconnect();
  await running;
  assertWhole(bench);
});

test("a call in which nothing moves is made anew", async () => {
  const clock = new ManualClock();
  await using bench = await benchOf(scriptedSource(script), { context: { clock } });
  const { gateway } = bench;
  const never = new Promise<void>(() => {});
  gateway.fault = (_, nth) => (nth === 1 ? { kind: "hold", until: never } : undefined);
  const running = bench.run();
  await gateway.until(() => gateway.calls.length === 2);
  // The first look may still see chunks on their way.
  for (let looks = 0; looks < 3 && bench.progress.gatewayWait === undefined; looks += 1) {
    await clock.untilSleeping((ms) => ms === 120_000);
    await clock.advance(120_000);
  }
  await clock.untilSleeping((ms) => ms <= 1_000);
  bench.reconnect();
  await running;
  assertWhole(bench);
});

test("an agent that runs once gives a lost gateway up after its patience", async () => {
  const clock = new ManualClock();
  await using bench = await benchOf(scriptedSource(script), {
    context: { clock, patienceMs: 60_000 },
  });
  bench.gateway.fault = () => ({
    kind: "status",
    status: "UNAVAILABLE",
    message: "core unavailable",
  });
  const running = bench.run();
  for (let calls = 1; calls < 40; calls += 1) {
    const isOver = await Promise.race([
      running.then(() => true),
      clock.untilSleeping((ms) => ms <= 30_000).then(() => false),
    ]);
    if (isOver) break;
    await clock.advance(30_000);
  }
  const { lastRun } = await running;
  assert.equal(lastRun.error?.kind, "unavailable");
});

test("a cancelled run stops pulling, lets its window be answered, and says that it was cut short", async () => {
  const gate = Promise.withResolvers<void>();
  const source = scriptedSource(script);
  const clock = new ManualClock();
  await using bench = await benchOf(source, { context: { clock } });
  const { gateway } = bench;
  gateway.fault = (_, nth) => (nth === 1 ? { kind: "hold", until: gate.promise } : undefined);
  const running = bench.run();
  await gateway.until(() => gateway.calls.length === 2);
  bench.cancel.abort(new Error("the source was changed or removed"));
  gate.resolve();
  const end = await running;
  const [manifest] = gateway.manifests;
  assert.equal(gateway.calls[1]?.outcome, "received");
  assert.equal(manifest?.outcome, "partial");
  assert.deepEqual(manifest?.error, {
    kind: "cancelled",
    message: "the source was changed or removed",
  });
  assert.equal(manifest?.chunks.length, gateway.received.size);
  assert.equal(end.retry, "permanent");
  assert.ok(source.pulled.pages < 10);
  assert.deepEqual(gateway.violations, []);
  assert.equal(clock.waiting.count, 0, "no timer is left behind");
});

test("a run that is cancelled before anything was sent has failed", async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const source = scriptedSource({
    ...script,
    beforePage: async (_, { signal }) => {
      resolve();
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    },
  });
  await using bench = await benchOf(source);
  const running = bench.run();
  await asked;
  bench.cancel.abort(new Error("the agent stops"));
  const { lastRun } = await running;
  assert.equal(lastRun.outcome, "failed");
  assert.deepEqual(bench.gateway.manifests[0]?.error, {
    kind: "cancelled",
    message: "the agent stops",
  });
});

test("a cancelled run does not wait for a gateway that is away longer than its grace", async () => {
  const clock = new ManualClock();
  await using bench = await benchOf(scriptedSource(script), { context: { clock } });
  const { gateway } = bench;
  gateway.fault = (_, nth) => (nth === 1 ? { kind: "cut", afterChunks: 1 } : undefined);
  const running = bench.run();
  await gateway.until(() => gateway.calls[1]?.outcome === "failed" && gateway.isOpen);
  await gateway.goAway();
  await clock.untilSleeping((ms) => ms <= 1_000);
  bench.cancel.abort(new Error("the agent stops"));
  await clock.untilSleeping((ms) => ms === 10_000);
  await clock.advance(10_000);
  const { lastRun } = await running;
  assert.equal(lastRun.outcome, "partial");
  assert.equal(lastRun.devices, gateway.entries.length);
  assert.deepEqual(gateway.manifests, []);
});
