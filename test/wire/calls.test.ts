import assert from "node:assert/strict";
import { test } from "node:test";

import { systemClock } from "../../src/lib/clock.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { createLog } from "../../src/lib/log.ts";
import { RpcFailure } from "../../src/wire/rpc-error.ts";
import { makeCerts } from "../support/certs.ts";
import { connect, startServer } from "../support/wire.ts";

const certs = await makeCerts();
const signal = new AbortController().signal;

test("a unary call takes its request there and its answer back", async () => {
  await using gateway = await startServer(certs, {
    getConfig: ({ agentId, configVersion }) =>
      Promise.resolve({
        configVersion: `${agentId}/${configVersion}`,
        configJson: Buffer.from("{}"),
      }),
  });
  using agent = connect(gateway.port, { certs });
  const config = await agent.client.getConfig(
    { agentId: "agent-01", configVersion: "v1" },
    { signal },
  );
  assert.equal(config.configVersion, "agent-01/v1");
  assert.equal(config.configJson.toString(), "{}");
  assert.equal(config.notModified, false);
});

test("a failure of a handler's own reaches the caller in its words", async () => {
  await using gateway = await startServer(certs, {
    pushStatus: () => Promise.reject(new RpcFailure("PERMISSION_DENIED", "component_id mismatch")),
  });
  using agent = connect(gateway.port, { certs });
  await assert.rejects(agent.client.pushStatus({}, { signal }), (thrown) => {
    assert.ok(thrown instanceof SyncError);
    assert.equal(thrown.code, "permission_denied");
    assert.equal(thrown.retry, "permanent");
    assert.equal(thrown.message, "PushStatus: component_id mismatch");
    return true;
  });
});

test("a gateway that is full says when to come back", async () => {
  await using gateway = await startServer(certs, {
    pushStatus: () =>
      Promise.reject(
        new RpcFailure("RESOURCE_EXHAUSTED", "inbox is full", { retryAfterMs: 1_500 }),
      ),
  });
  using agent = connect(gateway.port, { certs });
  await assert.rejects(agent.client.pushStatus({}, { signal }), { retry: { afterMs: 1_500 } });
});

test("what breaks inside a handler is logged and not told", async () => {
  const log = createLog({ component: "test", level: "silent" });
  const logged: object[] = [];
  log.error = (fields: object) => void logged.push(fields);
  await using gateway = await startServer(
    certs,
    { hello: () => Promise.reject(new Error("password is hunter2")) },
    { log },
  );
  using agent = connect(gateway.port, { certs });
  await assert.rejects(agent.client.hello({}, { signal }), {
    code: "internal",
    retry: "transient",
    message: "Hello: internal error",
  });
  assert.deepEqual(logged, [
    { rpc: "/monitoring.AgentGatewayService/Hello", error: "password is hunter2" },
  ]);
});

test("a call past its deadline fails as such", async () => {
  await using gateway = await startServer(certs, { hello: () => new Promise(() => {}) });
  const behind = { ...systemClock, now: () => Date.now() - 60_000 };
  using agent = connect(gateway.port, { certs, clock: behind });
  await assert.rejects(agent.client.hello({}, { signal, timeoutMs: 1 }), {
    code: "deadline_exceeded",
    retry: "transient",
  });
});

test("a call that is cancelled rejects with the signal's reason, and its handler hears of it", async () => {
  const caller = new AbortController();
  const { promise: handlerSignal, resolve } = Promise.withResolvers<AbortSignal>();
  await using gateway = await startServer(certs, {
    hello: (_, context) => {
      resolve(context.signal);
      return new Promise(() => {});
    },
  });
  using agent = connect(gateway.port, { certs });
  const call = agent.client.hello({}, { signal: caller.signal });
  const inHandler = await handlerSignal;
  caller.abort(new Error("no longer wanted"));
  await assert.rejects(call, { message: "no longer wanted" });
  await new Promise<void>((done) => {
    if (inHandler.aborted) done();
    else inHandler.addEventListener("abort", () => done(), { once: true });
  });
});

test("a call whose signal has aborted is not made", async () => {
  await using gateway = await startServer(certs, {});
  using agent = connect(gateway.port, { certs });
  const aborted = AbortSignal.abort(new Error("over"));
  await assert.rejects(agent.client.hello({}, { signal: aborted }), { message: "over" });
});

test("a message over the server's receive limit is refused for good", async () => {
  await using gateway = await startServer(certs, {
    pushStatus: () => Promise.resolve({ received: true }),
  });
  const roomy = { receiveBytesMax: 4_194_304, sendBytesMax: 16_777_216 };
  using agent = connect(gateway.port, { certs, limits: roomy });
  const services = [{ message: Buffer.alloc(4_194_304) }];
  await assert.rejects(agent.client.pushStatus({ services }, { signal }), {
    code: "resource_exhausted",
    retry: "permanent",
  });
});

test("a message over the client's send limit does not leave it", async () => {
  await using gateway = await startServer(certs, {});
  using agent = connect(gateway.port, { certs });
  const services = [{ message: Buffer.alloc(4_194_304) }];
  await assert.rejects(agent.client.pushStatus({ services }, { signal }), {
    code: "resource_exhausted",
    retry: "permanent",
  });
});

test("a stopping server lets a call end", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: release, resolve: letGo } = Promise.withResolvers<void>();
  await using gateway = await startServer(certs, {
    hello: async () => {
      arrive();
      await release;
      return { accepted: true };
    },
  });
  using agent = connect(gateway.port, { certs });
  const call = agent.client.hello({}, { signal });
  await arrived;
  const stopped = gateway.server.stop(60_000);
  letGo();
  assert.equal((await call).accepted, true);
  await stopped;
});

test("a call that outlasts the grace period is cut off", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  await using gateway = await startServer(certs, {
    hello: () => {
      arrive();
      return new Promise(() => {});
    },
  });
  using agent = connect(gateway.port, { certs });
  const call = agent.client.hello({}, { signal });
  await arrived;
  const cut = assert.rejects(call, { retry: "transient" });
  await gateway.server.stop(0);
  await cut;
});
