/** From StreamStatus to devices: what is answered is kept, once, and belongs to its sender. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";

import { SyncError } from "../../src/lib/errors.ts";
import type { Draft, GatewayStatusChunk } from "../../src/wire/messages.ts";
import { startTestCore, type TestCore } from "../support/core.ts";

type Update = Readonly<Record<string, unknown>>;

const options = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });

function chunkOf(
  message: unknown,
  header: Draft<GatewayStatusChunk> = {},
): Draft<GatewayStatusChunk> {
  const text = typeof message === "string" ? message : JSON.stringify(message);
  const service = {
    serviceName: "sync",
    serviceType: "sync",
    source: "results",
    available: true,
    message: Buffer.from(text),
  };
  return {
    agentId: "agent-01",
    chunkIndex: 0,
    totalChunks: 1,
    isFinal: true,
    services: [service],
    ...header,
  };
}

function stream(
  ...chunks: readonly Draft<GatewayStatusChunk>[]
): AsyncIterable<Draft<GatewayStatusChunk>> {
  return Readable.from(chunks) as AsyncIterable<Draft<GatewayStatusChunk>>;
}

function device(id: number, extra: Update = {}): Update {
  const metadata = { netbox_device_id: `${id}`, integration_id: `${id}`, serial: `SN-77${id}` };
  return {
    source: "netbox",
    hostname: `host-${id}`,
    ip: `10.0.0.${id}`,
    timestamp: "2026-01-01T00:00:00Z",
    metadata,
    ...extra,
  };
}

function withMeta(update: Update, meta: Update): Update {
  return { ...update, sync_meta: meta };
}

async function oneSource(
  t: Parameters<typeof startTestCore>[0],
): Promise<{ core: TestCore; serviceId: string; client: ReturnType<TestCore["client"]> }> {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, "agent-01"));
  const serviceId = await core.source(core.acme, "agent-01", { name: "netbox_dc1" });
  return { core, serviceId, client };
}

async function hosts(core: TestCore): Promise<string[]> {
  await core.work();
  const { rows } = await core.db.query<{ hostname: string }>(
    "select hostname from sync.devices where tenant = $1 order by 1",
    [core.acme.tenant],
  );
  return rows.map(({ hostname }) => hostname);
}

function refusal(code: string, message: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof SyncError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, message);
    return true;
  };
}

test("devices of a stream stand in the inventory after it is answered and worked", async (t) => {
  const { core, client } = await oneSource(t);
  const answer = await client.streamStatus(
    stream(
      chunkOf([device(1), device(2)], { totalChunks: 2, isFinal: false }),
      chunkOf([device(3)], { chunkIndex: 1, totalChunks: 2 }),
    ),
    options(),
  );
  assert.equal(answer.received, true);
  assert.deepEqual(await hosts(core), ["host-1", "host-2", "host-3"]);
});

test("a chunk sent again after a lost answer changes nothing", async (t) => {
  const { core, client, serviceId } = await oneSource(t);
  const meta = { sync_service_id: serviceId, sync_run_id: "run-1", chunk_index: 0 };
  const chunk = chunkOf([withMeta(device(1), meta), device(2)]);
  await client.streamStatus(stream(chunk), options());
  await core.work();
  await client.streamStatus(stream(chunk), options());
  assert.deepEqual(await hosts(core), ["host-1", "host-2"]);
  const { rows } = await core.db.query("select entries, created, unchanged from sync.runs");
  assert.deepEqual(rows, [{ entries: 2, created: 2, unchanged: 0 }]);
});

test("another message under the key of an earlier chunk is refused and not taken", async (t) => {
  const { core, client, serviceId } = await oneSource(t);
  const meta = { sync_service_id: serviceId, sync_run_id: "run-1", chunk_index: 0 };
  await client.streamStatus(stream(chunkOf([withMeta(device(1), meta)])), options());
  await assert.rejects(
    client.streamStatus(stream(chunkOf([withMeta(device(2), meta)])), options()),
    refusal("invalid_argument", /received before with another message/),
  );
  assert.deepEqual(await hosts(core), ["host-1"]);
});

test("what was committed before a stream broke a rule is kept, and a resend of it changes nothing", async (t) => {
  const { core, client, serviceId } = await oneSource(t);
  const first = (index: number): Update => ({
    sync_service_id: serviceId,
    sync_run_id: "run-1",
    chunk_index: index,
  });
  const a = chunkOf([withMeta(device(1), first(0))], { totalChunks: 2, isFinal: false });
  const b = chunkOf([withMeta(device(2), first(1))], { chunkIndex: 1, totalChunks: 2 });
  await assert.rejects(
    client.streamStatus(stream(a), options()),
    refusal("invalid_argument", /stream ended without final chunk/),
  );
  await client.streamStatus(stream(a, b), options());
  assert.deepEqual(await hosts(core), ["host-1", "host-2"]);
});

test("malformed JSON is refused with the place where it breaks", async (t) => {
  const { client } = await oneSource(t);
  await assert.rejects(
    client.streamStatus(stream(chunkOf('[{"source":"netbox"]')), options()),
    refusal("invalid_argument", /not a JSON array of device updates: expected .* at byte/),
  );
});

test("entries that speak of another agent, partition or source are rejected one by one and counted", async (t) => {
  const { core, client, serviceId } = await oneSource(t);
  await core.agent(core.acme, "agent-02");
  const foreign = await core.source(core.acme, "agent-02", { name: "netbox_dc2" });
  const meta = { sync_service_id: serviceId, sync_run_id: "run-1", chunk_index: 0 };
  const updates = [
    withMeta(device(1), meta),
    device(2, { agent_id: "agent-02" }),
    device(3, { partition: "site-b" }),
    withMeta(device(4), { sync_service_id: foreign }),
    device(5, { metadata: {}, ip: "" }),
    device(6, { timestamp: "yesterday" }),
    device(7, { partition: "", agent_id: "agent-01", gateway_id: "any" }),
  ];
  await client.streamStatus(stream(chunkOf(updates)), options());
  assert.deepEqual(await hosts(core), ["host-1", "host-7"]);
  const { rows } = await core.db.query<{ rejected: number; rejected_by: Record<string, number> }>(
    "select rejected, rejected_by from sync.runs",
  );
  assert.equal(rows[0]?.rejected, 5);
  assert.equal(
    Object.values(rows[0].rejected_by).reduce((a, b) => a + b, 0),
    5,
  );
});

test("one tenant's chunk never reaches another tenant's inventory", async (t) => {
  const { core, client } = await oneSource(t);
  await client.streamStatus(stream(chunkOf([device(1)])), options());
  await core.work();
  const { rows } = await core.db.query("select distinct tenant from sync.devices");
  assert.deepEqual(rows, [{ tenant: core.acme.tenant }]);
});

test("a full inbox holds the agent back with a delay instead of dropping", async (t) => {
  const core = await startTestCore(t, { chunksMax: 1 });
  const client = core.client(await core.agent(core.acme, "agent-01"));
  await core.source(core.acme, "agent-01", { name: "netbox_dc1" });
  await client.streamStatus(stream(chunkOf([device(1)])), options());
  const second = client.streamStatus(stream(chunkOf([device(2)])), options());
  await core.work();
  assert.equal((await second).received, true);
  assert.deepEqual(await hosts(core), ["host-1", "host-2"]);
});

test("a run is complete when all its chunks were worked, and partial when one is missing", async (t) => {
  const { core, client, serviceId } = await oneSource(t);
  const sha = (text: string): { sha256: string } => ({ sha256: text });
  const message = JSON.stringify([
    withMeta(device(1), { sync_service_id: serviceId, sync_run_id: "run-1", chunk_index: 0 }),
  ]);
  await client.streamStatus(stream(chunkOf(message)), options());
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(message))).toString(
    "hex",
  );
  for (const [runId, chunks] of [
    ["run-1", [sha(digest)]],
    ["run-2", [sha("0".repeat(64))]],
  ] as const) {
    const manifest = {
      run_id: runId,
      service_id: serviceId,
      kind: "full",
      outcome: "success",
      started: "2026-01-01T00:00:00Z",
      ended: "2026-01-01T00:01:00Z",
      pages: 1,
      devices: 1,
      chunks,
      rejected: {},
    };
    const service = {
      serviceName: "sync",
      serviceType: "sync-run",
      source: "results",
      available: true,
      message: Buffer.from(JSON.stringify(manifest)),
    };
    await client.streamStatus(stream(chunkOf([], { services: [service] })), options());
  }
  await core.work();
  const { rows } = await core.db.query(
    "select run_id, kind, outcome, error_kind from sync.runs order by run_id",
  );
  assert.deepEqual(rows, [
    { run_id: "run-1", kind: "full", outcome: "success", error_kind: null },
    { run_id: "run-2", kind: "full", outcome: "partial", error_kind: "incomplete" },
  ]);
});
