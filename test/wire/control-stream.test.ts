import assert from "node:assert/strict";
import { test } from "node:test";

import type { ControlStreamRequest, Draft } from "../../src/wire/messages.ts";
import { RpcFailure } from "../../src/wire/rpc-error.ts";
import { makeCerts } from "../support/certs.ts";
import { connect, startServer } from "../support/wire.ts";

const certs = await makeCerts();
const signal = new AbortController().signal;

type Outgoing = AsyncGenerator<Draft<ControlStreamRequest>>;

const HELLO: Draft<ControlStreamRequest> = { hello: { agentId: "agent-01" } };

const RUN_NOW = { command: { commandId: "c1", commandType: "sync.run_now" } };

/** A hello, and then an open stream. */
async function* helloAndWait(): Outgoing {
  yield HELLO;
  await new Promise(() => {});
}

test("both ends send when they like", async () => {
  const answers: string[] = [];
  await using gateway = await startServer(certs, {
    controlStream: async ({ received, send }) => {
      for await (const { hello, commandAck } of received) {
        if (hello !== undefined) await send(RUN_NOW);
        if (commandAck !== undefined) answers.push(commandAck.commandId);
      }
    },
  });
  using agent = connect(gateway.port, { certs });
  const { promise: commandId, resolve } = Promise.withResolvers<string>();
  async function* outgoing(): Outgoing {
    yield HELLO;
    yield { commandAck: { commandId: await commandId } };
  }
  for await (const { command } of agent.client.controlStream(outgoing(), { signal })) {
    resolve(command?.commandId ?? "");
  }
  assert.deepEqual(answers, ["c1"]);
});

test("the gateway ends the stream with a status", async () => {
  await using gateway = await startServer(certs, {
    controlStream: async ({ received }) => {
      for await (const { hello } of received) {
        assert.ok(hello);
        throw new RpcFailure(
          "FAILED_PRECONDITION",
          "control stream requires hello as the first message",
        );
      }
    },
  });
  using agent = connect(gateway.port, { certs });
  const stream = agent.client.controlStream(helloAndWait(), { signal });
  await assert.rejects(async () => {
    for await (const _ of stream) assert.fail("nothing was sent");
  }, /requires hello/);
});

test("the gateway ends the stream by returning", async () => {
  await using gateway = await startServer(certs, {
    controlStream: async ({ send }) => {
      await send({ config: { configVersion: "v2" } });
    },
  });
  using agent = connect(gateway.port, { certs });
  const versions: unknown[] = [];
  for await (const { config } of agent.client.controlStream(helloAndWait(), { signal })) {
    versions.push(config?.configVersion);
  }
  assert.deepEqual(versions, ["v2"]);
});

test("an agent that leaves is noticed by the one who reads and by the one who sends", async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown[]>();
  await using gateway = await startServer(certs, {
    controlStream: async ({ received, send }, context) => {
      await send({ command: { commandId: "c1" } });
      const codes: unknown[] = [];
      try {
        for await (const _ of received) continue;
      } catch (thrown) {
        codes.push((thrown as { code?: unknown }).code);
      }
      await send({}).catch((thrown: { code?: unknown }) => codes.push(thrown.code));
      end([...codes, context.signal.aborted]);
    },
  });
  using agent = connect(gateway.port, { certs });
  for await (const _ of agent.client.controlStream(helloAndWait(), { signal })) break;
  assert.deepEqual(await ended, ["cancelled", "cancelled", true]);
});

test("an aborted signal ends the stream with its reason", async () => {
  const caller = new AbortController();
  await using gateway = await startServer(certs, {
    controlStream: async ({ received, send }) => {
      await send({ command: { commandId: "c1" } });
      for await (const _ of received) continue;
    },
  });
  using agent = connect(gateway.port, { certs });
  const stream = agent.client.controlStream(helloAndWait(), { signal: caller.signal });
  await assert.rejects(
    async () => {
      for await (const _ of stream) caller.abort(new Error("agent stops"));
    },
    { message: "agent stops" },
  );
});

test("an agent whose outgoing messages fail gets that failure", async () => {
  await using gateway = await startServer(certs, {
    controlStream: async ({ received }) => {
      for await (const _ of received) continue;
    },
  });
  using agent = connect(gateway.port, { certs });
  function* failing(): Generator<typeof HELLO> {
    yield HELLO;
    throw new Error("queue is broken");
  }
  await assert.rejects(
    async () => {
      for await (const _ of agent.client.controlStream(failing(), { signal })) continue;
    },
    { message: "queue is broken" },
  );
});

test("a stopping gateway tells its open streams to end", async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  await using gateway = await startServer(certs, {
    controlStream: async (_, { stopping }) => {
      open();
      await new Promise((resolve) => stopping.addEventListener("abort", resolve, { once: true }));
    },
  });
  using agent = connect(gateway.port, { certs });
  const reading = (async () => {
    for await (const _ of agent.client.controlStream(helloAndWait(), { signal })) continue;
  })();
  await opened;
  await gateway.server.stop(60_000);
  await reading;
});
