/**
 * Our gateway and clients that behave as the original's Go agents do (protocol facts 3.1, 3.3, 3.4): what they leave out, repeat and get wrong
 * must cost nothing. The other direction, our agent against a gateway that forgives nothing, is test/agent with support/strict-rules.ts.
 */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";

import { OutgoingQueue } from "../../src/agent/outgoing-queue.ts";
import type { ControlStreamRequest, Draft, GatewayStatusChunk } from "../../src/wire/messages.ts";
import { makeAgent } from "../support/certs.ts";
import { startTestCore, type TestCore } from "../support/core.ts";

const AGENT = "agent-01";
const options = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });
const RUN = "6f1d0a52-3f5e-4d0e-8f26-1d1c5b9f0a77";

type Original = {
  readonly core: TestCore;
  readonly client: ReturnType<TestCore["client"]>;
  readonly serviceId: string;
};

/** A core with an Armis source, and an agent of the newer generation: three labels, no manifests, many capabilities. */
async function original(t: TestContext, cnForm: 3 | 4 = 3): Promise<Original> {
  const core = await startTestCore(t);
  await core.agent(core.acme, AGENT);
  const issuer = await core.authorities.issuer(core.db, core.acme.tenant);
  const client = core.client(await makeAgent(issuer, { tenant: "acme", cnForm }));
  const serviceId = await core.source(core.acme, AGENT, { name: "armis", type: "armis" });
  const capabilities = ["icmp", "mtr", "sweep", "snmp", "mapper", "sync", "sysmon"];
  const labels = { deployment_type: "kubernetes" };
  await client.hello({ agentId: AGENT, capabilities, labels, configSource: "local" }, options());
  return { core, client, serviceId };
}

/** A device as sync_runtime.go writes it: its id is an address, its MAC a list, nothing says whether it is there. */
function goDevice(id: number, serviceId: string, extra: object = {}): object {
  const ip = `10.1.0.${id}`;
  return {
    agent_id: AGENT,
    gateway_id: AGENT,
    partition: "default",
    device_id: `default:${ip}`,
    ip,
    mac: `AA:BB:CC:00:01:${String(id).padStart(2, "0")},AA-BB-CC-00-02-${String(id).padStart(2, "0")}`,
    hostname: `armis-${id}`,
    source: "armis",
    timestamp: "2026-01-30T08:15:00.123456789Z",
    metadata: {
      armis_device_id: String(id),
      integration_type: "armis",
      armis_type: "Switches",
      query_label: "all",
    },
    sync_meta: {
      sync_service_id: serviceId,
      sync_run_id: RUN,
      chunk_index: 0,
      total_chunks: 2,
      total_devices: 4,
      is_final: false,
    },
    ...extra,
  };
}

function goChunks(messages: readonly (readonly object[])[]): Draft<GatewayStatusChunk>[] {
  return messages.map((entries, chunkIndex) => ({
    agentId: AGENT,
    gatewayId: "gw-test",
    partition: "default",
    timestamp: 1_769_760_900,
    chunkIndex,
    totalChunks: messages.length,
    isFinal: chunkIndex === messages.length - 1,
    version: "1.2.27",
    services: [
      {
        serviceName: "sync",
        serviceType: "sync",
        source: "results",
        available: true,
        agentId: AGENT,
        gatewayId: "gw-test",
        partition: "default",
        message: Buffer.from(JSON.stringify(entries)),
      },
    ],
  }));
}

async function send(
  { client }: Pick<Original, "client">,
  chunks: readonly Draft<GatewayStatusChunk>[],
): Promise<boolean> {
  const stream = Readable.from(chunks) as AsyncIterable<Draft<GatewayStatusChunk>>;
  return (await client.streamStatus(stream, options())).received;
}

async function devices({ core }: Original): Promise<readonly string[]> {
  await core.work();
  const { rows } = await core.db.query<{ hostname: string; known: string }>(
    `select hostname, coalesce(is_available::text, 'unknown') as known from sync.devices
      where tenant = $1 and hostname like 'armis-%' order by 1`,
    [core.acme.tenant],
  );
  return rows.map(({ hostname, known }) => `${hostname} ${known}`);
}

test("a run of the newer generation arrives whole: MAC lists, ids that are addresses, a device in two queries, no is_available", async (t) => {
  const at = await original(t);
  const final = { sync_service_id: at.serviceId, sync_run_id: RUN, chunk_index: 1, is_final: true };
  const received = await send(
    at,
    goChunks([
      [goDevice(1, at.serviceId), goDevice(2, at.serviceId)],
      [
        goDevice(3, at.serviceId, { sync_meta: final }),
        goDevice(1, at.serviceId, { sync_meta: final }),
      ],
    ]),
  );
  assert.equal(received, true);
  assert.deepEqual(await devices(at), ["armis-1 unknown", "armis-2 unknown", "armis-3 unknown"]);
  const { rows } = await at.core.db.query<{ outcome: string; entries: number }>(
    "select outcome, entries from sync.runs where tenant = $1 and run_id = $2",
    [at.core.acme.tenant, RUN],
  );
  assert.deepEqual(
    rows.map(({ outcome, entries }) => [outcome, entries]),
    [["success", 4]],
    "its last chunk ends the run",
  );
});

test("an address that another device has got is no identity, though the agent calls the device by it", async (t) => {
  const at = await original(t);
  await send(at, goChunks([[goDevice(1, at.serviceId)]]));
  const moved = {
    device_id: "default:10.1.0.1",
    ip: "10.1.0.1",
    timestamp: "2026-01-31T08:15:00Z",
  };
  const meta = { sync_service_id: at.serviceId, sync_run_id: `${RUN}-2`, chunk_index: 0 };
  await send(at, goChunks([[goDevice(2, at.serviceId, { ...moved, sync_meta: meta })]]));
  assert.deepEqual(await devices(at), ["armis-1 unknown", "armis-2 unknown"]);
});

test("an agent of the older generation sends several sources in one stream, without sync_meta", async (t) => {
  const at = await original(t, 4);
  const netbox = await at.core.source(at.core.acme, AGENT, { name: "netbox" });
  const old = (id: number, service: string, metadata: object): object => ({
    device_id: "",
    ip: `10.2.0.${id}`,
    source: "armis",
    agent_id: AGENT,
    gateway_id: "gw-test",
    timestamp: "2026-01-05T10:00:00Z",
    hostname: `armis-${id}`,
    metadata: { sync_service_id: service, ...metadata },
    is_available: true,
    confidence: 7,
  });
  const entries = [
    old(1, at.serviceId, { armis_device_id: "1", integration_id: "1" }),
    old(2, netbox, { netbox_device_id: "1", integration_id: "1" }),
  ];
  assert.equal(await send(at, goChunks([entries])), true);
  assert.deepEqual(
    await devices(at),
    ["armis-1 true", "armis-2 true"],
    "one native id, two sources",
  );
});

test("its heartbeat counts, with services that we do not know and a time in nanoseconds", async (t) => {
  const { core, client } = await original(t);
  const service = (serviceName: string): object => ({
    serviceName,
    serviceType: serviceName,
    source: "status",
    available: true,
    message: Buffer.from("x".repeat(4_096)),
  });
  const services = [service("icmp"), service("sweep"), service("sync")];
  const timestamp = 1_769_760_900_123_456_000;
  const { received } = await client.pushStatus({ agentId: AGENT, timestamp, services }, options());
  assert.equal(received, true);
  const { rows } = await core.db.query<{ seen: boolean }>(
    "select last_seen_at is not null as seen from sync.agents where agent_id = $1",
    [AGENT],
  );
  assert.deepEqual(rows, [{ seen: true }]);
});

test("its configuration says every interval of a source, without which it would never run", async (t) => {
  const { client, serviceId } = await original(t);
  const answer = await client.getConfig({ agentId: AGENT, configVersion: "" }, options());
  const { sources } = JSON.parse(answer.configJson.toString()) as {
    sources: Record<string, Record<string, unknown>>;
  };
  const armis = sources["armis"] ?? {};
  assert.deepEqual(
    [armis["type"], armis["poll_interval"], armis["discovery_interval"], armis["sync_service_id"]],
    ["armis", "10m", "1h", serviceId],
  );
  const { configVersion } = answer;
  const again = await client.getConfig({ agentId: AGENT, configVersion }, options());
  assert.deepEqual([again.notModified, again.configVersion], [true, configVersion]);
});

test("a command that it does not know is a failed command, and its stream goes on", async (t) => {
  const { core, client } = await original(t);
  const outgoing = new OutgoingQueue<Draft<ControlStreamRequest>>();
  outgoing.push({ hello: { agentId: AGENT, partition: "default", configVersion: "" } });
  const stream = client.controlStream(outgoing, options())[Symbol.asyncIterator]();
  const first = await stream.next();
  assert.ok((first.value as { config?: object }).config !== undefined);
  const common = { commandId: "c-unknown", commandType: "mtr.run", message: "unsupported command" };
  outgoing.push({ commandResult: { ...common, success: false } });
  await core.source(core.acme, AGENT, { name: "netbox" });
  const second = await stream.next();
  assert.equal(second.done, false, "it hears of the next change all the same");
  outgoing.end();
});
