/** Whatever a peer sends that is wrong is answered with what is wrong, counted where an operator looks, and costs nothing else. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";

import { listRefusals } from "../../src/control/refusal-list.ts";
import { SyncError } from "../../src/lib/errors.ts";
import type { Draft, GatewayServiceStatus, GatewayStatusChunk } from "../../src/wire/messages.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";

type Chunk = Draft<GatewayStatusChunk>;

const GOOD = JSON.stringify([
  {
    source: "netbox",
    hostname: "host-1",
    timestamp: "2026-01-01T00:00:00Z",
    metadata: { netbox_device_id: "1", integration_id: "1" },
  },
]);

function chunk(
  message: string | Buffer,
  header: Chunk = {},
  service: Draft<GatewayServiceStatus> = {},
): Chunk {
  const sync = { serviceName: "sync", serviceType: "sync", source: "results", available: true };
  return {
    agentId: "agent-01",
    chunkIndex: 0,
    totalChunks: 1,
    isFinal: true,
    services: [{ ...sync, message: Buffer.from(message), ...service }],
    ...header,
  };
}

type World = {
  readonly core: TestCore;
  readonly send: (...chunks: readonly Chunk[]) => Promise<unknown>;
  /** Codes and messages of what was refused to agent-01, once so many have been counted. */
  readonly refused: (count: number) => Promise<readonly (readonly [string, string])[]>;
  readonly hosts: () => Promise<readonly string[]>;
};

const MIB = 1024 ** 2;
/** The agent of these tests sends what a good one would not. */
const SEND_ALL = { receiveBytesMax: 4 * MIB, sendBytesMax: 64 * MIB };

async function world(t: TestContext, receiveBytesMax = 4 * MIB): Promise<World> {
  const core = await startTestCore(t, { limits: { receiveBytesMax, sendBytesMax: 4 * MIB } });
  const client = core.client(await core.agent(core.acme, "agent-01"), { limits: SEND_ALL });
  await core.source(core.acme, "agent-01", { name: "netbox_dc1" });
  const { tenant } = core.acme;
  return {
    core,
    send: async (...chunks) =>
      await client.streamStatus(Readable.from(chunks) as AsyncIterable<Chunk>, {
        signal: AbortSignal.timeout(30_000),
      }),
    // Counting goes on behind the answer.
    refused: (count) =>
      eventually(async () => {
        const list = await listRefusals(core.db, tenant, { limit: 100 });
        assert.ok(list.length >= count, `${list.length} refusals`);
        return list.map(({ code, message }) => [code, message] as const);
      }),
    hosts: async () => {
      await core.work();
      const { rows } = await core.db.query<{ hostname: string }>(
        "select hostname from sync.devices where tenant = $1 order by 1",
        [tenant],
      );
      return rows.map(({ hostname }) => hostname);
    },
  };
}

const manifest = { serviceType: "sync-run" };
const WRONG: readonly {
  readonly what: string;
  /** After a first chunk that is good. */
  readonly second: Chunk;
  readonly code: string;
  readonly message: RegExp;
}[] = [
  {
    what: "an oversize chunk",
    second: chunk(Buffer.alloc(5 * MIB, " ")),
    code: "resource_exhausted",
    message: /larger than max \(\d+ vs\.? 4194304\)/,
  },
  {
    what: "a chunk out of order",
    second: chunk(GOOD, { chunkIndex: 2 }),
    code: "invalid_argument",
    message: /unexpected chunk_index/,
  },
  {
    what: "another number of chunks",
    second: chunk(GOOD, { totalChunks: 9 }),
    code: "invalid_argument",
    message: /total_chunks changed mid-stream/,
  },
  {
    what: "malformed JSON",
    second: chunk('[{"source":"netbox",]'),
    code: "invalid_argument",
    message: /not a JSON array of device updates: .* at byte 20/,
  },
  {
    what: "an object in the place of an array",
    second: chunk('{"source":"netbox"}'),
    code: "invalid_argument",
    message: /not a JSON array of device updates/,
  },
  {
    what: "a manifest that is none",
    second: chunk('{"run_id":7}', {}, manifest),
    code: "invalid_argument",
    message: /run_id/,
  },
  {
    what: "another agent's chunk",
    second: chunk(GOOD, { agentId: "agent-02" }),
    code: "permission_denied",
    message: /component_id mismatch/,
  },
  {
    what: "another tenant's chunk",
    second: chunk(GOOD, { tenantSlug: "globex" }),
    code: "permission_denied",
    message: /tenant_slug mismatch/,
  },
];

for (const { what, second, code, message } of WRONG) {
  test(`${what} is refused with ${code} and counted, and what came before it is kept`, async (t) => {
    const { send, refused, hosts } = await world(t);
    const first = chunk(GOOD, { totalChunks: 3, isFinal: false });
    const header = { chunkIndex: 1, totalChunks: 3, isFinal: false, ...pinned(second) };
    await assert.rejects(send(first, { ...second, ...header }), (thrown: unknown) => {
      assert.ok(thrown instanceof SyncError, String(thrown));
      assert.equal(thrown.code, code, thrown.message);
      assert.match(thrown.message, message);
      return true;
    });
    const [[status, told] = ["", ""]] = await refused(1);
    assert.equal(status.toLowerCase(), code);
    assert.match(told, message);
    assert.deepEqual(await hosts(), ["host-1"]);
  });
}

/** What a wrong chunk says of its own number. */
function pinned({ chunkIndex = 0, totalChunks = 1 }: Chunk): Partial<Chunk> {
  return {
    ...(chunkIndex === 0 ? {} : { chunkIndex }),
    ...(totalChunks === 1 ? {} : { totalChunks }),
  };
}

test("a message above 15 MiB is refused however large the receive limit is, and counted", async (t) => {
  const { send, refused } = await world(t, 15 * MIB + 4_096);
  const all = Buffer.concat([Buffer.from("["), Buffer.alloc(15 * MIB, " "), Buffer.from("]")]);
  await assert.rejects(send(chunk(all)), { code: "resource_exhausted", message: /exceeds 15 MiB/ });
  assert.deepEqual(await refused(1), [["RESOURCE_EXHAUSTED", "message exceeds 15 MiB"]]);
});

test("a service that breaks a rule of its names is left out and counted, and the others of its chunk are taken", async (t) => {
  const { send, refused, hosts } = await world(t);
  const { services = [] } = chunk(GOOD);
  const nameless = services.map((service) => ({ ...service, serviceName: " " }));
  await send({ ...chunk(GOOD), services: [...nameless, ...services] });
  assert.deepEqual(await refused(1), [["LEFT_OUT", "service_name is blank"]]);
  assert.deepEqual(await hosts(), ["host-1"]);
});
