import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";

import { ConfigError, SyncError } from "../../src/lib/errors.ts";
import { readPeerName } from "../../src/wire/peer-certificate.ts";
import type { ClientTls } from "../../src/wire/tls.ts";
import { makeAgent, makeCerts } from "../support/certs.ts";
import { connect, startServer } from "../support/wire.ts";

const certs = await makeCerts();
const stranger = await makeCerts();
const signal = new AbortController().signal;
const DAY_MS = 86_400_000;

const good: ClientTls = {
  caPem: certs.root.certificatePem,
  chainPem: certs.agent.chainPem,
  privateKeyPem: certs.agent.privateKeyPem,
};

function greet(): Promise<{ accepted: boolean }> {
  return Promise.resolve({ accepted: true });
}

async function failureOf(work: Promise<unknown>): Promise<SyncError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof SyncError, String(thrown));
  return thrown;
}

test("a handler gets the certificate of its caller", async () => {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  await using gateway = await startServer(certs, {
    hello: (_, { certificate, peerAddress }) => {
      assert.match(peerAddress, /^127\.0\.0\.1:\d+$/);
      resolve(certificate);
      return greet();
    },
  });
  using agent = connect(gateway.port, { certs });
  await agent.client.hello({}, { signal });
  const certificate = await promise;
  assert.deepEqual(certificate, new X509Certificate(certs.agent.certificatePem).raw);
  assert.deepEqual(readPeerName(certificate), {
    ok: true,
    value: {
      componentId: "agent-01",
      partitionId: "default",
      tenantSlug: "acme",
      componentType: "agent",
    },
  });
});

const REFUSED: readonly [string, () => Promise<Partial<ClientTls>>][] = [
  [
    "of another installation",
    () =>
      Promise.resolve({
        chainPem: stranger.agent.chainPem,
        privateKeyPem: stranger.agent.privateKeyPem,
      }),
  ],
  [
    "without its intermediate authority",
    () => Promise.resolve({ chainPem: certs.agent.certificatePem }),
  ],
  [
    "made for a server",
    () =>
      Promise.resolve({
        chainPem: certs.server.chainPem,
        privateKeyPem: certs.server.privateKeyPem,
      }),
  ],
  [
    "that has expired",
    () => makeAgent(certs.acme, { tenant: "acme", nowMs: Date.now() - 400 * DAY_MS }),
  ],
];

for (const [what, identity] of REFUSED) {
  test(`a client certificate ${what} fails in the handshake, and both ends say so`, async () => {
    const { promise: refusal, resolve } = Promise.withResolvers<string>();
    await using gateway = await startServer(
      certs,
      { hello: greet },
      { onHandshakeRefused: resolve },
    );
    using agent = connect(gateway.port, { certs, tls: { ...good, ...(await identity()) } });
    const failure = await failureOf(agent.client.hello({}, { signal }));
    assert.equal(failure.code, "handshake_refused");
    assert.equal(failure.retry, "transient");
    assert.match(failure.message, /^Hello: no connection: .*right tenant's certificate/);
    assert.match(await refusal, /^[A-Z_]+$/);
  });
}

test("a client without a certificate is refused", async () => {
  const { promise: refusal, resolve } = Promise.withResolvers<string>();
  await using gateway = await startServer(certs, { hello: greet }, { onHandshakeRefused: resolve });
  const bare = connectTls({
    port: gateway.port,
    ca: certs.root.certificatePem,
    ALPNProtocols: ["h2"],
    host: "127.0.0.1",
    servername: "localhost",
  });
  const [error] = (await once(bare, "error")) as [Error];
  assert.match(error.message, /certificate.?required/i);
  assert.match(await refusal, /CERTIFICATE/);
});

test("a client that speaks TLS 1.2 at most is refused", async () => {
  await using gateway = await startServer(certs, { hello: greet });
  const old = connectTls({
    port: gateway.port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: certs.root.certificatePem,
    cert: certs.agent.chainPem,
    key: certs.agent.privateKeyPem,
    maxVersion: "TLSv1.2",
  });
  const [error] = (await once(old, "error")) as [Error];
  assert.match(error.message, /version/i);
});

test("a gateway of another installation is not trusted", async () => {
  await using gateway = await startServer(certs, { hello: greet });
  using agent = connect(gateway.port, {
    certs,
    tls: { ...good, caPem: stranger.root.certificatePem },
  });
  const failure = await failureOf(agent.client.hello({}, { signal }));
  assert.equal(failure.code, "server_untrusted");
  assert.match(failure.message, /ca_file or server_name/);
});

test("a gateway whose certificate lacks the expected name is not trusted", async () => {
  await using gateway = await startServer(certs, { hello: greet });
  using agent = connect(gateway.port, { certs, tls: { ...good, serverName: "elsewhere.example" } });
  const failure = await failureOf(agent.client.hello({}, { signal }));
  assert.equal(failure.code, "server_untrusted");
  assert.match(failure.message, /elsewhere\.example/);
});

for (const serverName of ["agent-gateway.serviceradar", "localhost", "127.0.0.1"]) {
  test(`a gateway is trusted under its name ${serverName}`, async () => {
    await using gateway = await startServer(certs, { hello: greet });
    using agent = connect(gateway.port, { certs, tls: { ...good, serverName } });
    assert.equal((await agent.client.hello({}, { signal })).accepted, true);
  });
}

test("an authority that is added later is trusted from the next connection on", async () => {
  await using gateway = await startServer(certs, { hello: greet });
  const { agent: foreign } = stranger;
  const tls = { ...good, chainPem: foreign.chainPem, privateKeyPem: foreign.privateKeyPem };
  using before = connect(gateway.port, { certs, tls });
  await failureOf(before.client.hello({}, { signal }));
  gateway.server.replaceTls({
    caPems: [certs.root.certificatePem, stranger.root.certificatePem],
    chainPem: certs.server.chainPem,
    privateKeyPem: certs.server.privateKeyPem,
  });
  using after = connect(gateway.port, { certs, tls });
  assert.equal((await after.client.hello({}, { signal })).accepted, true);
});

test("unusable TLS material is refused and the old stays in force", async () => {
  await using gateway = await startServer(certs, { hello: greet });
  const { chainPem } = certs.server;
  for (const privateKeyPem of ["none", certs.agent.privateKeyPem]) {
    assert.throws(
      () => gateway.server.replaceTls({ caPems: [], chainPem, privateKeyPem }),
      ConfigError,
    );
  }
  using agent = connect(gateway.port, { certs });
  assert.equal((await agent.client.hello({}, { signal })).accepted, true);
});

test("a port that is taken is an error that names it", async () => {
  await using gateway = await startServer(certs, { hello: greet });
  await using other = await startServer(certs, {});
  const failure = await failureOf(other.server.listen(`127.0.0.1:${gateway.port}`));
  assert.equal(failure.code, "listen_failed");
  assert.match(failure.message, new RegExp(String(gateway.port)));
});

test("nobody listening is unavailable, not a matter of certificates", async () => {
  const gateway = await startServer(certs, { hello: greet });
  await gateway[Symbol.asyncDispose]();
  using agent = connect(gateway.port, { certs });
  const failure = await failureOf(agent.client.hello({}, { signal }));
  assert.equal(failure.code, "unavailable");
  assert.match(failure.message, /^Hello: no connection: connect ECONNREFUSED/);
});
