import assert from "node:assert/strict";
import { test } from "node:test";

import { Agent } from "../../src/agent/agent.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { isGoodbye } from "../../src/model/goodbye.ts";
import type { RpcStatus } from "../../src/wire/rpc-error.ts";
import { makeCerts } from "../support/certs.ts";
import { ManualClock } from "../support/manual-clock.ts";
import {
  startStrictGateway,
  type GatewayFault,
  type StrictGateway,
} from "../support/strict-gateway.ts";
import {
  atRest,
  configOf,
  optionsOf,
  passTime,
  startAgent,
  type AgentBenchOptions,
} from "./agent-bench.ts";
import { certs, connectTo, scriptedSource } from "./harness.ts";

const small = { pages: 2, devicesPerPage: 10 };

/** A gateway that is set up before an agent meets it. */
async function gatewayWith(sources: Readonly<Record<string, object>>): Promise<StrictGateway> {
  const gateway = await startStrictGateway(certs);
  gateway.config = configOf("v1", sources);
  return gateway;
}

function refusal(status: RpcStatus, message: string): GatewayFault {
  return { kind: "status", status, message };
}

test("an agent greets, gets its configuration, opens its control stream, says how it is, and runs its source", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const { agent, clock } = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: scriptedSource(small) },
  });
  await gateway.until(() => gateway.heartbeats.length > 0 && gateway.control.length > 0);
  const [hello] = gateway.hellos;
  assert.deepEqual(
    [hello?.agentId, hello?.partition, hello?.capabilities, hello?.configVersion, hello?.hostname],
    ["agent-01", "default", ["sync", "sync-run", "certificate.renew"], "", "host-1"],
  );
  assert.deepEqual(hello?.labels, { deployment_type: "bare-metal" });
  assert.equal(gateway.control[0]?.hello?.configVersion, "v1");
  await clock.advance(2_000);
  await gateway.until(() => gateway.manifests.length === 1);
  assert.deepEqual(
    gateway.manifests.map(({ serviceId, outcome, devices }) => [serviceId, outcome, devices]),
    [["id-dc1", "success", 20]],
  );
  assert.equal(gateway.entries.length, 20);
  assert.deepEqual(gateway.violations, []);
  const [status] = agent.statuses();
  assert.equal(status?.name, "dc1");
  assert.equal(status?.runs, 1);
});

test("a heartbeat tells soon that a run has ended, then they and configuration polls come at the gateway's intervals", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const { agent, clock } = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: scriptedSource(small) },
  });
  await gateway.until(() => gateway.heartbeats.length === 1);
  await clock.advance(2_000);
  await gateway.until(() => gateway.manifests.length === 1);
  await atRest(agent);
  await clock.untilSleeping((ms) => ms === 2_000);
  await clock.advance(2_000);
  await gateway.until(() => gateway.heartbeats.length === 2);
  const sync = gateway.heartbeats[1]?.services.find(({ serviceType }) => serviceType === "sync");
  const state = JSON.parse(sync?.message.toString() ?? "{}") as {
    sources: { state: string; last_run: { devices: number } }[];
  };
  assert.deepEqual([state.sources[0]?.state, state.sources[0]?.last_run.devices], ["idle", 20]);
  await clock.untilSleeping((ms) => ms === 30_000);
  await clock.advance(30_000);
  await gateway.until(() => gateway.heartbeats.length === 3);
  await clock.advance(300_000);
  await gateway.until(() => gateway.configAsks.length === 2);
  assert.deepEqual(
    gateway.configAsks.map(({ configVersion }) => configVersion),
    ["", "v1"],
  );
});

test("the operator's own heartbeat interval stands", async (t) => {
  const { clock, gateway } = await startAgent(t, { config: { push_interval: "5s" } });
  await gateway.until(() => gateway.heartbeats.length === 1);
  await clock.untilSleeping((ms) => ms === 5_000);
  await clock.advance(5_000);
  await gateway.until(() => gateway.heartbeats.length === 2);
});

test("a source is pulled again at its poll interval", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const { agent, clock } = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: scriptedSource(small) },
  });
  await gateway.until(() => gateway.heartbeats.length === 1);
  await clock.advance(2_000);
  await gateway.until(() => gateway.manifests.length === 1);
  await atRest(agent);
  await clock.advance(600_000);
  await gateway.until(() => gateway.manifests.length === 2);
  assert.notEqual(gateway.manifests[0]?.runId, gateway.manifests[1]?.runId);
});

/** A source whose pulls stay at their second page until they are cancelled or let go. */
function heldSource(): {
  readonly source: ReturnType<typeof scriptedSource>;
  readonly letGo: () => void;
  readonly held: () => number;
} {
  const gate = Promise.withResolvers<void>();
  let held = 0;
  const source = scriptedSource({
    ...small,
    beforePage: async (page, { signal }) => {
      if (page === 0) return;
      held += 1;
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      await Promise.race([gate.promise, promise]);
    },
  });
  return { source, letGo: gate.resolve, held: () => held };
}

test("a source edit over the control stream is applied at once, acknowledged, and starts the run anew", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const { source, letGo, held } = heldSource();
  const { clock } = await startAgent(t, { gateways: [gateway], sources: { netbox: source } });
  await gateway.until(() => gateway.control.length === 1 && gateway.heartbeats.length === 1);
  await clock.advance(2_000);
  assert.equal(held(), 1);
  await gateway.push(configOf("v2", { dc1: { endpoint: "https://elsewhere.example.net" } }));
  await gateway.until(() =>
    gateway.control.some(({ configAck }) => configAck?.configVersion === "v2"),
  );
  await gateway.until(() => gateway.manifests.length === 1);
  const [cut] = gateway.manifests;
  assert.deepEqual([cut?.outcome, cut?.error?.kind], ["failed", "cancelled"]);
  letGo();
  await gateway.until(() => gateway.manifests.length === 2);
  assert.equal(gateway.manifests[1]?.outcome, "success");
  assert.deepEqual(gateway.violations, []);
});

test("no sources at all stops the run, and a broken configuration stops nothing", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const { source, held } = heldSource();
  const { agent, clock } = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: source },
  });
  await gateway.until(() => gateway.control.length === 1 && gateway.heartbeats.length === 1);
  await clock.advance(2_000);
  assert.equal(held(), 1);
  await gateway.push({ configVersion: "v0-error", configJson: Buffer.from("{}") });
  await gateway.push({ configVersion: "v2", configJson: Buffer.from('{"sources":') });
  await gateway.push({ configVersion: "v3", configJson: Buffer.from("{}") });
  await gateway.command({ commandId: "c", commandType: "none" });
  await gateway.until(() =>
    gateway.control.some(({ commandResult }) => commandResult !== undefined),
  );
  assert.deepEqual(
    agent.statuses().map(({ state }) => state),
    ["running"],
  );
  assert.equal(gateway.manifests.length, 0);
  await gateway.push(configOf("v4", {}));
  await gateway.until(() => gateway.manifests.length === 1);
  assert.equal(gateway.manifests[0]?.error?.kind, "cancelled");
  assert.deepEqual(agent.statuses(), []);
  const acks = gateway.control.flatMap(({ configAck }) => configAck?.configVersion ?? []);
  assert.deepEqual(acks, ["v4"], "only what is in force is acknowledged");
});

test("sync.run_now runs a source", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const { agent, clock } = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: scriptedSource(small) },
  });
  await gateway.until(() => gateway.control.length === 1);
  await clock.advance(2_000);
  await gateway.until(() => gateway.manifests.length === 1);
  await atRest(agent);
  const payloadJson = Buffer.from('{"name":"dc1"}');
  await gateway.command({ commandId: "c1", commandType: "sync.run_now", payloadJson });
  await gateway.until(() => gateway.manifests.length === 2);
  const answers = gateway.control.flatMap(({ commandAck, commandResult }) => [
    ...(commandAck === undefined ? [] : [commandAck.message]),
    ...(commandResult === undefined ? [] : [commandResult.message]),
  ]);
  assert.deepEqual(answers, ["command received", "run started"]);
});

test("a source of an unknown type is a failed run that names the known ones", async (t) => {
  const gateway = await gatewayWith({ odd: { type: "lansweeper" } });
  const { clock } = await startAgent(t, { gateways: [gateway] });
  await gateway.until(() => gateway.heartbeats.length === 1);
  await clock.advance(2_000);
  await gateway.until(() => gateway.manifests.length === 1);
  assert.deepEqual(gateway.manifests[0]?.error, {
    kind: "config",
    message: 'type "lansweeper" is not one of netbox',
  });
});

test("an agent whose sync runtime is off stays in touch and pulls nothing", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const source = scriptedSource(small);
  const { agent, clock } = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: source },
    config: { sync_runtime_enabled: false },
  });
  await gateway.until(() => gateway.heartbeats.length === 1);
  await clock.advance(5_000);
  assert.equal(source.pulled.pages, 0);
  assert.deepEqual(agent.statuses(), []);
});

test("heartbeats and configuration that fail do not disturb a stream that moves", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const gate = Promise.withResolvers<void>();
  gateway.fault = (rpc, nth) => {
    if (rpc === "streamStatus" && nth === 0) return { kind: "hold", until: gate.promise };
    if (rpc === "pushStatus" && nth > 0) return refusal("UNAVAILABLE", "core unavailable");
    return undefined;
  };
  const { clock } = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: scriptedSource(small) },
  });
  await gateway.until(() => gateway.heartbeats.length === 1);
  await clock.advance(2_000);
  await gateway.until(() => gateway.calls.length === 1);
  // The heartbeat fails, so the session greets anew, on a new connection.
  await clock.untilSleeping((ms) => ms === 30_000);
  await clock.advance(30_000);
  await passTime({ clock, gateway }, 5_000, () => gateway.hellos.length === 2);
  gate.resolve();
  await gateway.until(() => gateway.manifests.length === 1);
  assert.equal(gateway.calls[0]?.outcome, "received");
  assert.equal(gateway.entries.length, 20);
  assert.deepEqual(gateway.violations, []);
});

test("a gateway that goes away and comes back finds the agent again, and the run goes on", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const { clock } = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: scriptedSource(small) },
  });
  gateway.fault = (rpc, nth) =>
    rpc === "streamStatus" && nth === 0 ? { kind: "cut", afterChunks: 1 } : undefined;
  await gateway.until(() => gateway.heartbeats.length === 1 && gateway.control.length === 1);
  await clock.advance(2_000);
  await gateway.until(() => gateway.calls[0]?.outcome === "failed" && gateway.isOpen);
  const isBack = (): boolean => gateway.manifests.length === 1 && gateway.control.length === 2;
  await passTime({ clock, gateway }, 5_000, isBack);
  assert.equal(gateway.manifests[0]?.outcome, "success");
  assert.equal(gateway.control[1]?.hello?.configVersion, "v1");
  assert.equal(gateway.entries.length, 20);
  assert.deepEqual(gateway.violations, []);
});

test("an agent with two gateways goes over to the second, and its run with it", async (t) => {
  const [first, second] = [await gatewayWith({ dc1: {} }), await gatewayWith({ dc1: {} })];
  const { source, letGo, held } = heldSource();
  const { clock } = await startAgent(t, { gateways: [first, second], sources: { netbox: source } });
  await first.until(() => first.heartbeats.length === 1 && first.control.length === 1);
  await clock.advance(60_000);
  assert.equal(held(), 1);
  await first.goAway();
  await second.until(() => second.control.length === 1);
  letGo();
  await second.until(() => second.manifests.length === 1);
  assert.equal(second.manifests[0]?.outcome, "success");
  assert.equal(second.entries.length, 20);
  assert.equal(second.configAsks[0]?.configVersion, "v1");
  assert.deepEqual([...first.violations, ...second.violations], []);
});

test("a stop lets the window in flight be answered, tells how runs ended, and leaves nothing behind", async (t) => {
  const gateway = await gatewayWith({ dc1: {} });
  const gate = Promise.withResolvers<void>();
  gateway.fault = (rpc, nth) =>
    rpc === "streamStatus" && nth === 0 ? { kind: "hold", until: gate.promise } : undefined;
  const source = scriptedSource({ pages: 100, devicesPerPage: 100 });
  const { clock, stop } = await startAgent(t, { gateways: [gateway], sources: { netbox: source } });
  await gateway.until(() => gateway.heartbeats.length === 1);
  await clock.advance(2_000);
  await gateway.until(() => gateway.calls.length === 1);
  const stopped = stop();
  gate.resolve();
  await stopped;
  assert.equal(gateway.calls[0]?.outcome, "received");
  const [manifest] = gateway.manifests;
  assert.deepEqual(
    [manifest?.outcome, manifest?.error],
    ["partial", { kind: "cancelled", message: "the agent stops" }],
  );
  assert.ok(source.pulled.pages < 100);
  assert.equal(clock.waiting.count, 0);
  const goodbyes = gateway.heartbeats.map(({ services }) =>
    services.map(({ message }) => isGoodbye(JSON.parse(message.toString("utf8")))),
  );
  assert.deepEqual(goodbyes.at(-1), [false, true], "it says so in its last heartbeat");
  assert.ok(goodbyes.slice(0, -1).every(([, sync]) => sync === false));
  assert.deepEqual([...gateway.violations], []);
});

test("a gateway that does not take the goodbye holds a stop up for two seconds, no longer", async (t) => {
  const gateway = await gatewayWith({});
  const never = Promise.withResolvers<void>();
  gateway.fault = (rpc, nth) =>
    rpc === "pushStatus" && nth === 1 ? { kind: "hold", until: never.promise } : undefined;
  const { clock, stop } = await startAgent(t, { gateways: [gateway] });
  await gateway.until(() => gateway.heartbeats.length === 1);
  const stopped = stop();
  await clock.untilSleeping((ms) => ms === 2_000);
  await clock.advance(2_000);
  await stopped;
  assert.equal(clock.waiting.count, 0);
  never.resolve();
});

test("a stop while no gateway was ever there ends at once", async (t) => {
  const gateway = await gatewayWith({});
  await gateway.goAway();
  const { clock, stop } = await startAgent(t, { gateways: [gateway] });
  await clock.untilSleeping((ms) => ms <= 2_000);
  await stop();
  assert.equal(clock.waiting.count, 0);
});

/** Runs every source once on a clock of its own. */
async function once(
  gateway: StrictGateway,
  options: AgentBenchOptions,
): Promise<{ readonly result: ReturnType<Agent["runOnce"]>; readonly clock: ManualClock }> {
  const clock = new ManualClock();
  const made = optionsOf(
    { ...options, options: { isOnce: true, ...options.options } },
    { gateways: [gateway], clock },
  );
  const result = new Agent(made).runOnce(new AbortController().signal);
  result.catch(() => undefined);
  return await Promise.resolve({ result, clock });
}

test("an agent that runs once runs every source, and ends by itself", async () => {
  await using gateway = await gatewayWith({ dc1: {}, dc2: {}, odd: { type: "none" } });
  const { result, clock } = await once(gateway, { sources: { netbox: scriptedSource(small) } });
  const { sources } = await result;
  assert.deepEqual(
    sources.map(({ name, lastRun }) => [name, lastRun?.outcome]),
    [
      ["dc1", "success"],
      ["dc2", "success"],
      ["odd", "failed"],
    ],
  );
  assert.equal(gateway.entries.length, 40);
  assert.equal(clock.waiting.count, 0);
});

test("an agent that runs once has nothing to do without sources", async () => {
  await using gateway = await gatewayWith({});
  const { result } = await once(gateway, {});
  assert.deepEqual(await result, { sources: [], unusable: [] });
});

test("an agent that runs once is told at once that the gateway will not have it", async () => {
  await using gateway = await gatewayWith({});
  gateway.fault = (rpc) =>
    rpc === "hello" ? refusal("PERMISSION_DENIED", "tenant_slug mismatch") : undefined;
  const { result } = await once(gateway, {});
  await assert.rejects(result, (thrown) => {
    assert.ok(thrown instanceof SyncError);
    assert.equal(thrown.code, "permission_denied");
    assert.match(thrown.message, /^Tenant mismatch: Hello: tenant_slug mismatch/);
    return true;
  });
});

test("an authority that the gateway does not know is told as a tenant mismatch", async () => {
  const stranger = await makeCerts();
  await using gateway = await gatewayWith({});
  const connect = (address: string): ReturnType<typeof connectTo> =>
    connectTo(address, stranger.agent);
  const { result } = await once(gateway, { options: { connect } });
  await assert.rejects(result, (thrown) => {
    assert.ok(thrown instanceof SyncError);
    assert.equal(thrown.code, "handshake_refused");
    assert.match(
      thrown.message,
      /^Tenant mismatch: .*its authority is unknown there, or it has expired/,
    );
    return true;
  });
});

test("a gateway whose authority we do not know is not trusted", async () => {
  const stranger = await makeCerts();
  await using gateway = await gatewayWith({});
  const connect = (address: string): ReturnType<typeof connectTo> =>
    connectTo(address, certs.agent, stranger);
  const { result } = await once(gateway, { options: { connect } });
  await assert.rejects(result, /^SyncError: Gateway not trusted: .*ca_file/);
});

test("an agent that runs once and is stopped before it had a configuration has failed", async () => {
  await using gateway = await gatewayWith({ dc1: {} });
  gateway.fault = (rpc) => (rpc === "hello" ? refusal("UNAVAILABLE", "not now") : undefined);
  const stop = new AbortController();
  const clock = new ManualClock();
  const made = optionsOf({ options: { isOnce: true } }, { gateways: [gateway], clock });
  const result = new Agent(made).runOnce(stop.signal);
  result.catch(() => undefined);
  await gateway.until(() => gateway.hellos.length > 0);
  stop.abort();
  await assert.rejects(result, { code: "unavailable" });
});

test("an agent that runs once gives up a gateway that does not answer for a minute", async () => {
  const gateway = await gatewayWith({});
  await gateway.goAway();
  const { result, clock } = await once(gateway, {});
  await clock.untilSleeping((ms) => ms <= 2_000);
  await clock.advance(60_000);
  await assert.rejects(result, /^SyncError: No config returned: no answer from 127\.0\.0\.1:\d+ /);
});

test("an agent that runs once gives up a core that has no configuration", async () => {
  await using gateway = await gatewayWith({});
  gateway.config = { configVersion: "v0-error" };
  const { result, clock } = await once(gateway, {});
  await gateway.until(() => gateway.heartbeats.length === 1);
  await clock.advance(60_000);
  await assert.rejects(result, /No config returned: .*"v0-error"/);
});
