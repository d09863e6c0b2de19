import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type ClientHttp2Session } from "node:http2";
import { test } from "node:test";
import { promisify } from "node:util";

import { FLOW_WINDOW_BYTES } from "../../src/wire/connections.ts";
import { makeCerts } from "../support/certs.ts";
import { startServer } from "../support/wire.ts";

const certs = await makeCerts();

/** A connection that nobody calls over. */
async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connect(`https://localhost:${port}`, {
    ca: certs.root.certificatePem,
    cert: certs.agent.chainPem,
    key: certs.agent.privateKeyPem,
  });
  await once(session, "remoteSettings");
  return session;
}

function pinging(session: ClientHttp2Session): () => Promise<unknown> {
  return promisify((callback: (error: Error | null) => void) => session.ping(callback));
}

test("a connection without calls may be pinged as often as a client likes", async () => {
  await using gateway = await startServer(certs, {});
  const session = await openSession(gateway.port);
  const ping = pinging(session);
  for (let i = 0; i < 50; i += 1) await ping();
  assert.equal(session.closed, false);
  session.close();
});

test("both windows are wider than HTTP/2's own", async () => {
  await using gateway = await startServer(certs, {});
  const session = await openSession(gateway.port);
  await pinging(session)();
  assert.equal(session.remoteSettings.initialWindowSize, FLOW_WINDOW_BYTES);
  assert.equal(session.state.remoteWindowSize, FLOW_WINDOW_BYTES);
  session.close();
});
