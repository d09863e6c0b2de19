import assert from "node:assert/strict";
import { test } from "node:test";

import type { GatewayClient } from "../../src/wire/client.ts";
import type { Draft, GatewayStatusChunk } from "../../src/wire/messages.ts";
import { RpcFailure } from "../../src/wire/rpc-error.ts";
import { makeCerts } from "../support/certs.ts";
import { connect, startServer } from "../support/wire.ts";

const certs = await makeCerts();
const signal = new AbortController().signal;
const CHUNK_BYTES = 3 * 1024 ** 2;

type ChunkDraft = Draft<GatewayStatusChunk>;

/** Chunks of one stream; `taken` counts how many the client has asked for. */
function chunksOf(count: number, bytes: number): { taken: number; chunks: Iterable<ChunkDraft> } {
  const message = Buffer.alloc(bytes, "x");
  const source = { taken: 0, chunks: make() };
  function* make(): Generator<ChunkDraft> {
    for (let i = 0; i < count; i += 1) {
      source.taken += 1;
      yield {
        services: [{ message }],
        chunkIndex: i,
        totalChunks: count,
        isFinal: i === count - 1,
      };
    }
  }
  return source;
}

/** Answers of the server to something else, over the same connection: by then it has done all that it could. */
async function settle(client: GatewayClient): Promise<void> {
  for (let i = 0; i < 30; i += 1) await client.hello({}, { signal });
}

const hello = (): Promise<{ accepted: boolean }> => Promise.resolve({ accepted: true });

test("chunks arrive whole and in order, and are answered once", async () => {
  const seen: number[] = [];
  await using gateway = await startServer(certs, {
    streamStatus: async (chunks) => {
      for await (const { chunkIndex, services } of chunks) {
        seen.push(chunkIndex);
        assert.equal(services[0]?.message.length, CHUNK_BYTES);
      }
      return { received: true };
    },
  });
  using agent = connect(gateway.port, { certs });
  const answer = await agent.client.streamStatus(chunksOf(4, CHUNK_BYTES).chunks, { signal });
  assert.equal(answer.received, true);
  assert.deepEqual(seen, [0, 1, 2, 3]);
});

test("a slow consumer holds 30 MB back at the sender, and does not hold up other calls", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: release, resolve: letGo } = Promise.withResolvers<void>();
  await using gateway = await startServer(certs, {
    hello,
    streamStatus: async (chunks) => {
      for await (const { chunkIndex } of chunks) {
        if (chunkIndex > 0) continue;
        arrive();
        await release;
      }
      return { received: true };
    },
  });
  using agent = connect(gateway.port, { certs });
  const source = chunksOf(10, CHUNK_BYTES);
  const answer = agent.client.streamStatus(source.chunks, { signal });
  await arrived;
  await settle(agent.client);
  // One in the handler, one read ahead, one on its way, one that the sender could not hand over yet.
  assert.ok(source.taken <= 4, `${source.taken} chunks were taken`);
  letGo();
  assert.equal((await answer).received, true);
  assert.equal(source.taken, 10);
});

test("small messages are held back too", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: release, resolve: letGo } = Promise.withResolvers<void>();
  await using gateway = await startServer(certs, {
    hello,
    streamStatus: async (chunks) => {
      for await (const { chunkIndex } of chunks) {
        if (chunkIndex > 0) continue;
        arrive();
        await release;
      }
      return { received: true };
    },
  });
  using agent = connect(gateway.port, { certs });
  const source = chunksOf(200, 65_536);
  const answer = agent.client.streamStatus(source.chunks, { signal });
  await arrived;
  await settle(agent.client);
  // The window holds 8 of them, the rest is what either end has in hand; a retry buffer would take another 8.
  assert.ok(source.taken <= 12, `${source.taken} chunks were taken`);
  letGo();
  await answer;
});

test("an answer before the last chunk ends the sending", async () => {
  await using gateway = await startServer(certs, {
    streamStatus: async (chunks) => {
      for await (const _ of chunks) break;
      return { received: true };
    },
  });
  using agent = connect(gateway.port, { certs });
  const source = chunksOf(100, CHUNK_BYTES);
  const answer = await agent.client.streamStatus(source.chunks, { signal });
  assert.equal(answer.received, true);
  assert.ok(source.taken < 100, `${source.taken} chunks were taken`);
});

test("a refusal in mid-stream is what the sender gets", async () => {
  await using gateway = await startServer(certs, {
    streamStatus: async (chunks) => {
      for await (const { chunkIndex } of chunks) {
        if (chunkIndex === 1) throw new RpcFailure("INVALID_ARGUMENT", "unexpected chunk_index");
      }
      return { received: true };
    },
  });
  using agent = connect(gateway.port, { certs });
  await assert.rejects(agent.client.streamStatus(chunksOf(100, CHUNK_BYTES).chunks, { signal }), {
    code: "invalid_argument",
    retry: "permanent",
    message: "StreamStatus: unexpected chunk_index",
  });
});

test("a refusal reaches a sender that is waiting for its next chunk", async () => {
  await using gateway = await startServer(certs, {
    streamStatus: () => Promise.reject(new RpcFailure("UNAVAILABLE", "core unavailable")),
  });
  using agent = connect(gateway.port, { certs });
  async function* idle(): AsyncGenerator<ChunkDraft> {
    yield {};
    await new Promise(() => {});
  }
  await assert.rejects(agent.client.streamStatus(idle(), { signal }), {
    code: "unavailable",
    retry: "transient",
  });
});

test("a source that fails cancels the stream, and its own error comes out", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown>();
  await using gateway = await startServer(certs, {
    streamStatus: async (chunks) => {
      try {
        for await (const _ of chunks) arrive();
      } catch (thrown) {
        end(thrown);
        throw thrown;
      }
      return { received: true };
    },
  });
  using agent = connect(gateway.port, { certs });
  async function* failing(): AsyncGenerator<ChunkDraft> {
    yield {};
    await arrived;
    throw new Error("disk is gone");
  }
  await assert.rejects(agent.client.streamStatus(failing(), { signal }), {
    message: "disk is gone",
  });
  const thrown = await ended;
  assert.equal((thrown as { code?: string }).code, "cancelled");
});

test("a cancelled stream rejects with the signal's reason and lets go of its source", async () => {
  const caller = new AbortController();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using gateway = await startServer(certs, {
    streamStatus: async (chunks, context) => {
      for await (const _ of chunks) caller.abort(new Error("agent stops"));
      return { received: !context.signal.aborted };
    },
  });
  using agent = connect(gateway.port, { certs });
  function* endless(): Generator<ChunkDraft> {
    try {
      for (;;) yield { services: [{ message: Buffer.alloc(65_536) }] };
    } finally {
      release();
    }
  }
  await assert.rejects(agent.client.streamStatus(endless(), { signal: caller.signal }), {
    message: "agent stops",
  });
  await released;
});

test("a chunk over the receive limit ends the stream with RESOURCE_EXHAUSTED", async () => {
  await using gateway = await startServer(certs, {
    streamStatus: async (chunks) => {
      for await (const _ of chunks) continue;
      return { received: true };
    },
  });
  const limits = { receiveBytesMax: 4_194_304, sendBytesMax: 16_777_216 };
  using agent = connect(gateway.port, { certs, limits });
  await assert.rejects(agent.client.streamStatus(chunksOf(3, 5_000_000).chunks, { signal }), {
    code: "resource_exhausted",
    retry: "permanent",
  });
});

test("a gateway that goes away in mid-stream is a transient failure", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  await using gateway = await startServer(certs, {
    streamStatus: async (chunks) => {
      for await (const _ of chunks) {
        arrive();
        await new Promise(() => {});
      }
      return { received: true };
    },
  });
  using agent = connect(gateway.port, { certs });
  const answer = agent.client.streamStatus(chunksOf(10, CHUNK_BYTES).chunks, { signal });
  const cut = assert.rejects(answer, { retry: "transient" });
  await arrived;
  await gateway.server.stop(0);
  await cut;
});
