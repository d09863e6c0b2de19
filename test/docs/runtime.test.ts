/** Sentences of sync-runtime that no other test says. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";

import { pino } from "pino";

import { Worker } from "../../src/dire/worker.ts";
import { Peers } from "../../src/gateway/peer.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Draft, GatewayStatusChunk } from "../../src/wire/messages.ts";
import { AGENT_GATEWAY } from "../../src/wire/stubs.ts";
import { atRest, configOf, startAgent, type AgentBench } from "../agent/agent-bench.ts";
import { benchOf, certs, connectTo, scriptedSource } from "../agent/harness.ts";
import { startTestCore } from "../support/core.ts";
import { forge, makeKeys } from "../support/forge.ts";
import { startStrictGateway } from "../support/strict-gateway.ts";

const options = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });
const source = (): ReturnType<typeof scriptedSource> =>
  scriptedSource({ pages: 3, devicesPerPage: 20 });

/** An agent that has run its one source, with what it logged. */
async function ranAgent(
  t: Parameters<typeof startAgent>[0],
): Promise<AgentBench & { readonly logged: readonly Record<string, unknown>[] }> {
  const gateway = await startStrictGateway(certs);
  gateway.config = configOf("v1", { dc1: {} });
  const logged: Record<string, unknown>[] = [];
  const write = (line: string): void =>
    void logged.push(JSON.parse(line) as Record<string, unknown>);
  const bench = await startAgent(t, {
    gateways: [gateway],
    sources: { netbox: source() },
    options: { log: pino({ level: "info" }, { write }) },
  });
  await gateway.until(() => gateway.heartbeats.length === 1);
  await bench.clock.advance(2_000);
  await gateway.until(() => gateway.manifests.length === 1);
  await atRest(bench.agent);
  return { ...bench, logged };
}

test("an agent that runs listens on no port, and the contract has no pull API", async (t) => {
  const listeners = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
  const before = listeners();
  await ranAgent(t);
  // One that an earlier test has closed may go only now.
  assert.ok(listeners() <= before + 1, "the gateway of this test listens, and nobody else");
  const rpcs = Object.values(AGENT_GATEWAY).map(({ path }) => path.split("/").at(-1));
  assert.deepEqual(
    new Set(rpcs),
    new Set(["Hello", "GetConfig", "PushStatus", "StreamStatus", "ControlStream"]),
  );
});

test("an agent's log can be watched for GetConfig and StreamStatus", async (t) => {
  const { logged } = await ranAgent(t);
  const lines = (msg: string): readonly Record<string, unknown>[] =>
    logged.filter((line) => line["msg"] === msg);
  const [config] = lines("GetConfig");
  assert.deepEqual([config?.["config_version"], config?.["sources"]], ["v1", ["dc1"]]);
  const pushes = lines("StreamStatus");
  const devices = pushes.map((line) => Number(line["devices"]));
  assert.equal(
    devices.reduce((sum, count) => sum + count, 0),
    60,
  );
  for (const line of pushes) assert.equal(line["source"], "dc1");
});

test("what an agent streams has the document's shape", async (t) => {
  await using bench = await benchOf(source());
  const calls: Draft<GatewayStatusChunk>[][] = [];
  const client = connectTo(bench.gateway.address);
  const send = client.streamStatus.bind(client);
  t.mock.method(client, "streamStatus", (async (chunks, how) => {
    const call: Draft<GatewayStatusChunk>[] = [];
    calls.push(call);
    async function* tapped(): AsyncGenerator<Draft<GatewayStatusChunk>> {
      for await (const chunk of chunks) {
        call.push(chunk);
        yield chunk;
      }
    }
    return await send(tapped(), how);
  }) satisfies typeof client.streamStatus);
  bench.link.establish({ gateway: client, gatewayId: bench.gateway.gatewayId });
  const { lastRun } = await bench.run();
  assert.equal(lastRun.outcome, "success");
  assert.ok(calls.length > 1 && calls.some((call) => call.length > 1));
  for (const call of calls) {
    for (const [index, { chunkIndex, totalChunks, isFinal, services = [] }] of call.entries()) {
      assert.deepEqual(
        { chunkIndex, totalChunks, isFinal },
        { chunkIndex: index, totalChunks: call.length, isFinal: index === call.length - 1 },
      );
      const [service, ...others] = services;
      assert.equal(others.length, 0, "one service a chunk");
      assert.equal(service?.source, "results");
      const message = JSON.parse(Buffer.from(service?.message ?? []).toString()) as unknown;
      // The manifest that ends a run is of a type of its own, which peers that do not know it ignore.
      if (service?.serviceType === "sync-run") continue;
      assert.equal(service?.serviceType, "sync");
      assert.ok(Array.isArray(message) && message.length > 0);
      for (const device of message as Record<string, unknown>[]) {
        assert.equal(typeof device["hostname"], "string");
        assert.equal(device["source"], "netbox");
      }
    }
  }
});

test("a certificate of the standalone sync is refused", async (t) => {
  const core = await startTestCore(t);
  const issuer = await core.authorities.issuer(core.db, core.acme.tenant);
  const keys = await makeKeys();
  const der = createPrivateKey(issuer.privateKeyPem).export({ type: "pkcs8", format: "der" });
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const privateKey = await crypto.subtle.importKey("pkcs8", der, curve, true, ["sign"]);
  const certificate = await forge({
    subject: "CN=sync-01.default.acme.serviceradar",
    issuer: "CN=tenant-acme.ca.serviceradar, O=ServiceRadar",
    signer: { privateKey, publicKey: keys.publicKey },
    keys,
    altNames: [{ type: "url", value: "spiffe://serviceradar.local/sync/acme/default/sync-01" }],
  });
  const identified = await new Peers(core.db, systemClock).identify(certificate.der);
  assert.ok(!identified.ok);
  const { status, message, who } = identified.error;
  assert.deepEqual([status, message], ["PERMISSION_DENIED", "component_type not authorized"]);
  assert.deepEqual([who.tenant, who.agentId], [core.acme.tenant, "sync-01"]);
});

test("agents of one id in two tenants get their own tenant's sources alone", async (t) => {
  const core = await startTestCore(t);
  for (const tenant of [core.acme, core.globex]) {
    const client = core.client(await core.agent(tenant, "agent-01"));
    await core.source(tenant, "agent-01", { name: `${tenant.slug}_dc1`, token: tenant.slug });
    const { configJson } = await client.getConfig({ agentId: "agent-01" }, options());
    const { sources } = JSON.parse(Buffer.from(configJson).toString()) as { sources: object };
    assert.deepEqual(Object.keys(sources), [`${tenant.slug}_dc1`]);
  }
});

test("a core's log names tenants as operators do", async (t) => {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, "agent-01"));
  await client.hello({ agentId: "agent-01", hostname: "edge-1" }, options());
  const logged: Record<string, unknown>[] = [];
  const write = (line: string): void =>
    void logged.push(JSON.parse(line) as Record<string, unknown>);
  const worker = new Worker({
    db: core.db,
    clock: systemClock,
    log: pino({ level: "info" }, { write }),
    chunksPerTx: 10,
    tenantsInFlight: 1,
  });
  const running = worker.run();
  await worker.whenIdle();
  worker.stop();
  await running;
  assert.deepEqual(
    logged.map(({ msg, tenant }) => [msg, tenant]),
    [
      ["ingested", "acme"],
      ["published", "acme"],
    ],
  );
});
