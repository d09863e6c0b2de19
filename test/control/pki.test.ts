import assert from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";

import { createKey } from "../../src/control/pki-keys.ts";
import {
  createRootCa,
  createTenantCa,
  issueAgentCertificate,
  issueServerCertificate,
} from "../../src/control/pki.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { makeAgent, makeCerts, slug } from "../support/certs.ts";
import { extendedUsages, forge, makeKeys, privateKeyPem } from "../support/forge.ts";
import { connect, startServer } from "../support/wire.ts";

const NOW_MS = Date.now();
const DAY_MS = 86_400_000;
const certs = await makeCerts(NOW_MS);
/** What the TLS library calls a chain with one authority too many; Deno's has one word for every broken chain. */
const TOO_LONG =
  process.versions["deno"] === undefined
    ? "PATH_LENGTH_EXCEEDED"
    : "UNABLE_TO_VERIFY_LEAF_SIGNATURE";

function read(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

test("root, tenant and agent form a chain of signatures", () => {
  const [root, tenant, agent] = [certs.root, certs.acme, certs.agent].map(({ certificatePem }) =>
    read(certificatePem),
  );
  assert.ok(root && tenant && agent);
  assert.ok(root.ca && root.verify(root.publicKey));
  assert.ok(tenant.ca && tenant.checkIssued(root) && tenant.verify(root.publicKey));
  assert.ok(!agent.ca && agent.checkIssued(tenant) && agent.verify(tenant.publicKey));
  assert.match(tenant.subject, /^CN=tenant-acme\.ca\.serviceradar$/m);
});

test("an agent sends its own certificate and its tenant's authority, in that order", () => {
  assert.equal(certs.agent.chainPem, certs.agent.certificatePem + certs.acme.certificatePem);
});

test("a certificate that the root signed travels alone", () => {
  assert.equal(certs.server.chainPem, certs.server.certificatePem);
});

test("an agent's certificate names it in the form of either generation", async () => {
  const four = read(certs.agent.certificatePem);
  assert.match(four.subject, /^CN=agent-01\.default\.acme\.serviceradar$/m);
  assert.equal(
    four.subjectAltName,
    "DNS:agent-01.default.acme.serviceradar, URI:spiffe://serviceradar.local/agent/acme/default/agent-01",
  );
  const three = read((await makeAgent(certs.acme, { tenant: "acme", cnForm: 3 })).certificatePem);
  assert.match(three.subject, /^CN=agent-01\.default\.serviceradar$/m);
  assert.equal(
    three.subjectAltName,
    "DNS:agent-01.default.serviceradar, URI:spiffe://serviceradar.local/agent/default/agent-01",
  );
});

test("an agent's certificate is for clients, a gateway's for servers", () => {
  assert.deepEqual(extendedUsages(certs.agent.certificatePem), ["1.3.6.1.5.5.7.3.2"]);
  assert.deepEqual(extendedUsages(certs.server.certificatePem), ["1.3.6.1.5.5.7.3.1"]);
});

test("a certificate certifies the key it was asked for", async () => {
  const { publicKeyDer } = await createKey();
  const agent = { agentId: "a", partition: "p", tenant: slug("acme") };
  const issued = await issueAgentCertificate({
    issuer: certs.acme,
    publicKeyDer,
    agent,
    nowMs: NOW_MS,
  });
  const wanted = createPublicKey({ key: publicKeyDer, format: "der", type: "spki" });
  assert.ok(read(issued.certificatePem).publicKey.equals(wanted));
});

test("a gateway's certificate holds for the names that agents dial, and for given ones", async () => {
  const names = ["gw.example.org", "192.0.2.7", "2001:db8::7", "localhost", " "];
  const server = await issueServerCertificate({ issuer: certs.root, names, nowMs: NOW_MS });
  const certificate = read(server.certificatePem);
  for (const name of [
    "gateway",
    "agent-gateway",
    "agent-gateway.serviceradar",
    "serviceradar-agent-gateway",
    "localhost",
    "gw.example.org",
  ]) {
    assert.equal(certificate.checkHost(name), name);
  }
  for (const ip of ["127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"]) {
    assert.equal(certificate.checkIP(ip), ip);
  }
  assert.equal(certificate.checkHost("elsewhere.example.org"), undefined);
});

test("a certificate holds for a year and already five minutes ago", () => {
  const { validFromDate, validToDate } = read(certs.agent.certificatePem);
  const second = (ms: number): number => Math.floor(ms / 1_000);
  assert.equal(second(validFromDate.getTime()), second(NOW_MS - 300_000));
  assert.equal(second(validToDate.getTime()), second(NOW_MS + 365 * DAY_MS));
});

test("no certificate outlives its issuer", async () => {
  const late = NOW_MS + 3_600 * DAY_MS;
  const tenant = await createTenantCa({ root: certs.root, slug: slug("late"), nowMs: late });
  const agent = await makeAgent(tenant, { tenant: "late", nowMs: late });
  const end = read(certs.root.certificatePem).validTo;
  assert.equal(read(tenant.certificatePem).validTo, end);
  assert.equal(read(agent.certificatePem).validTo, end);
});

test("serial numbers are positive, of 16 bytes, and differ", async () => {
  const roots = await Promise.all(Array.from({ length: 8 }, () => createRootCa({ nowMs: NOW_MS })));
  const serials = roots.map(({ certificatePem }) => read(certificatePem).serialNumber);
  assert.equal(new Set(serials).size, 8);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
});

test("an imported RSA authority certifies agents under its own name, byte for byte", async () => {
  const keys = await makeKeys("rsa");
  const name = "CN=Corporate CA, O=Örg";
  const forged = await forge({
    subject: name,
    issuer: name,
    signer: keys,
    keys,
    isAuthority: true,
  });
  const issuer = { certificatePem: forged.pem, privateKeyPem: await privateKeyPem(keys) };
  const agent = read((await makeAgent(issuer, { tenant: "acme" })).certificatePem);
  assert.ok(agent.verify(read(forged.pem).publicKey));
  assert.ok(agent.raw.includes(forged.subjectDer));
});

test("an authority whose key cannot sign is a configuration error", async () => {
  const issuer = { certificatePem: certs.acme.certificatePem, privateKeyPem: "nonsense" };
  await assert.rejects(makeAgent(issuer, { tenant: "acme" }), ConfigError);
});

test("an authority that a tenant makes for itself gets nobody past the gateway", async () => {
  const below = await createTenantCa({ root: certs.acme, slug: slug("sub"), nowMs: NOW_MS });
  const agent = await makeAgent(below, { tenant: "acme" });
  const identity = { ...agent, chainPem: agent.chainPem + certs.acme.certificatePem };
  const { promise: refusal, resolve } = Promise.withResolvers<string>();
  await using gateway = await startServer(certs, {}, { onHandshakeRefused: resolve });
  using client = connect(gateway.port, { certs, identity });
  const { signal } = new AbortController();
  await assert.rejects(client.client.hello({}, { signal }), { code: "handshake_refused" });
  assert.equal(await refusal, TOO_LONG);
});
