import assert from "node:assert/strict";
import { test } from "node:test";

import { GatewayLink, type Gateway } from "../../src/agent/gateway-link.ts";

const { signal } = new AbortController();

/** A connection that only knows whether it was closed. */
function connection(): { readonly gateway: Gateway; readonly isClosed: () => boolean } {
  let closed = 0;
  const refuse = (): never => assert.fail("no call is made in these tests");
  const gateway: Gateway = {
    hello: refuse,
    getConfig: refuse,
    pushStatus: refuse,
    streamStatus: refuse,
    controlStream: refuse,
    close: () => {
      closed += 1;
      assert.equal(closed, 1, "closed once");
    },
  };
  return { gateway, isClosed: () => closed > 0 };
}

test("work waits for a connection, and is told of those that come later", async () => {
  const link = new GatewayLink();
  const seen: string[] = [];
  const off = link.onEstablished(() => seen.push(link.current?.gatewayId ?? ""));
  const used = link.use(signal, ({ gatewayId }) => Promise.resolve(gatewayId));
  link.establish({ ...connection(), gatewayId: "gw-1" });
  assert.equal(await used, "gw-1");
  link.establish({ ...connection(), gatewayId: "gw-2" });
  off();
  link.establish({ ...connection(), gatewayId: "gw-3" });
  assert.deepEqual(seen, ["gw-1", "gw-2"]);
});

test("a connection that was replaced is closed after the last work over it", async () => {
  const link = new GatewayLink();
  const [old, young] = [connection(), connection()];
  link.establish({ ...old, gatewayId: "gw-1" });
  const works = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const running = works.map(({ promise }) => link.use(signal, () => promise));
  link.establish({ ...young, gatewayId: "gw-2" });
  works[0]?.resolve();
  await running[0];
  assert.equal(old.isClosed(), false);
  works[1]?.resolve();
  await running[1];
  assert.equal(old.isClosed(), true);
  link.close();
  assert.equal(young.isClosed(), true);
  assert.equal(link.current, undefined);
});

test("an idle connection is closed as soon as it is replaced", () => {
  const link = new GatewayLink();
  const old = connection();
  link.establish({ ...old, gatewayId: "gw-1" });
  link.establish({ ...connection(), gatewayId: "gw-2" });
  assert.equal(old.isClosed(), true);
});

test("who waits for a connection may give up", async () => {
  const link = new GatewayLink();
  const caller = new AbortController();
  const waiting = link.use(caller.signal, () => assert.fail("there is no connection"));
  caller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(
    link.use(caller.signal, () => Promise.resolve()),
    /enough/,
  );
});
