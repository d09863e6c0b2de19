import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";

import {
  readTenantAuthority,
  tenantOfCertificate,
  type TenantAuthority,
} from "../../src/control/peer-tenant.ts";
import { readPeerName } from "../../src/wire/peer-certificate.ts";
import { makeAgent, makeCerts, slug } from "../support/certs.ts";
import { forge, makeKeys, SIGNATURE_ONLY, type KeyPair } from "../support/forge.ts";

const NOW_MS = Date.now();
const DAY_MS = 86_400_000;
const certs = await makeCerts(NOW_MS);
const authorities = [
  authority("acme", certs.acme.certificatePem),
  authority("globex", certs.globex.certificatePem),
];
const globexKeys = await keysOf(certs.globex.privateKeyPem);
const ACME = "CN=tenant-acme.ca.serviceradar, O=ServiceRadar";
const GLOBEX = "CN=tenant-globex.ca.serviceradar, O=ServiceRadar";

function authority(tenant: string, pem: string): TenantAuthority {
  const read = readTenantAuthority(slug(tenant), pem);
  assert.ok(read.ok, read.ok ? "" : read.error);
  return read.value;
}

/** The authority's own key, to sign with. The public half is not needed. */
async function keysOf(pem: string): Promise<KeyPair> {
  const der = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const privateKey = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  return { privateKey, publicKey: (await makeKeys()).publicKey };
}

function derOf(pem: string): Buffer {
  return new X509Certificate(pem).raw;
}

test("an agent's tenant is the one whose authority signed its certificate", () => {
  const acme = tenantOfCertificate(derOf(certs.agent.certificatePem), authorities, NOW_MS);
  assert.deepEqual(acme, { ok: true, value: "acme" });
  const globex = tenantOfCertificate(derOf(certs.otherAgent.certificatePem), authorities, NOW_MS);
  assert.deepEqual(globex, { ok: true, value: "globex" });
});

test("the order of authorities makes no difference", () => {
  const reversed = authorities.toReversed();
  const found = tenantOfCertificate(derOf(certs.agent.certificatePem), reversed, NOW_MS);
  assert.deepEqual(found, { ok: true, value: "acme" });
});

test("another tenant's key identifier in a certificate changes nothing", async () => {
  const acmeKeyId = new X509Certificate(certs.acme.certificatePem);
  const { der } = await forge({
    subject: "CN=agent-01.default.acme.serviceradar",
    issuer: GLOBEX,
    signer: globexKeys,
    authorityKeyId: acmeKeyId.fingerprint.replaceAll(":", ""),
  });
  assert.deepEqual(tenantOfCertificate(der, authorities, NOW_MS), { ok: true, value: "globex" });
});

test("a tenant that writes another's name as issuer is nobody", async () => {
  const { der } = await forge({
    subject: "CN=agent-01.default.acme.serviceradar",
    issuer: ACME,
    signer: globexKeys,
  });
  assert.deepEqual(tenantOfCertificate(der, authorities, NOW_MS), {
    ok: false,
    error: "unknown_tenant",
  });
});

test("a tenant label of another tenant is left to the caller to compare", async () => {
  const crossed = await makeAgent(certs.acme, { tenant: "globex", nowMs: NOW_MS });
  const der = derOf(crossed.certificatePem);
  assert.deepEqual(tenantOfCertificate(der, authorities, NOW_MS), { ok: true, value: "acme" });
  const name = readPeerName(der);
  assert.equal(name.ok && name.value.tenantSlug, "globex");
});

test("two authorities of one name are told apart by their keys", async () => {
  const name = "CN=Corporate CA";
  const [first, second] = [await makeKeys(), await makeKeys()];
  const ca = (keys: KeyPair): ReturnType<typeof forge> =>
    forge({ subject: name, issuer: name, signer: keys, keys, isAuthority: true });
  const trusted = [
    authority("acme", (await ca(first)).pem),
    authority("globex", (await ca(second)).pem),
  ];
  const { der } = await forge({ subject: "CN=a.b.serviceradar", issuer: name, signer: second });
  assert.deepEqual(tenantOfCertificate(der, trusted, NOW_MS), { ok: true, value: "globex" });
});

test("two tenants with one key are both refused", () => {
  const shared = [...authorities, authority("initech", certs.acme.certificatePem)];
  assert.deepEqual(tenantOfCertificate(derOf(certs.agent.certificatePem), shared, NOW_MS), {
    ok: false,
    error: "ambiguous_tenant",
  });
});

test("a certificate that the root itself signed belongs to no tenant", () => {
  assert.deepEqual(tenantOfCertificate(derOf(certs.server.certificatePem), authorities, NOW_MS), {
    ok: false,
    error: "unknown_tenant",
  });
});

test("a certificate that signed itself in a tenant's name belongs to no tenant", async () => {
  const keys = await makeKeys();
  const { der } = await forge({ subject: ACME, issuer: ACME, signer: keys, keys });
  assert.deepEqual(tenantOfCertificate(der, authorities, NOW_MS), {
    ok: false,
    error: "unknown_tenant",
  });
});

test("an authority's certificate is no agent's", () => {
  assert.deepEqual(tenantOfCertificate(derOf(certs.acme.certificatePem), authorities, NOW_MS), {
    ok: false,
    error: "is_authority",
  });
});

test("a certificate holds from its first to its last second", () => {
  const der = derOf(certs.agent.certificatePem);
  const at = (ms: number): unknown => {
    const found = tenantOfCertificate(der, authorities, ms);
    return found.ok ? found.value : found.error;
  };
  assert.equal(at(NOW_MS - 10 * 60_000), "not_yet_valid");
  assert.equal(at(NOW_MS - 4 * 60_000), "acme");
  assert.equal(at(NOW_MS + 364 * DAY_MS), "acme");
  assert.equal(at(NOW_MS + 366 * DAY_MS), "expired");
});

test("an authority that has expired vouches for nobody, unless renewed with its key", async () => {
  const keys = await makeKeys();
  const name = "CN=Old CA";
  const ca = (notAfterMs: number): ReturnType<typeof forge> =>
    forge({ subject: name, issuer: name, signer: keys, keys, isAuthority: true, notAfterMs });
  const old = authority("acme", (await ca(NOW_MS - 1_000)).pem);
  const renewed = authority("acme", (await ca(NOW_MS + DAY_MS)).pem);
  const { der } = await forge({ subject: "CN=a.b.serviceradar", issuer: name, signer: keys });
  assert.deepEqual(tenantOfCertificate(der, [old], NOW_MS), {
    ok: false,
    error: "authority_expired",
  });
  assert.deepEqual(tenantOfCertificate(der, [old, renewed], NOW_MS), { ok: true, value: "acme" });
});

test("an imported RSA authority and an EC one of the same name live side by side", async () => {
  const name = "CN=Imported CA";
  const [rsa, ec] = [await makeKeys("rsa"), await makeKeys()];
  const ca = (keys: KeyPair): ReturnType<typeof forge> =>
    forge({ subject: name, issuer: name, signer: keys, keys, isAuthority: true });
  const trusted = [authority("globex", (await ca(ec)).pem), authority("acme", (await ca(rsa)).pem)];
  const { der } = await forge({ subject: "CN=a.b.serviceradar", issuer: name, signer: rsa });
  assert.deepEqual(tenantOfCertificate(der, trusted, NOW_MS), { ok: true, value: "acme" });
});

test("a certificate whose bytes were changed is nobody's", () => {
  const der = Buffer.from(derOf(certs.agent.certificatePem));
  const at = der.indexOf("agent-01");
  der.write("agent-02", at);
  assert.deepEqual(tenantOfCertificate(der, authorities, NOW_MS), {
    ok: false,
    error: "unknown_tenant",
  });
});

test("what is no certificate is unreadable", () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from("hello"),
    derOf(certs.agent.certificatePem).subarray(0, 100),
  ]) {
    assert.deepEqual(tenantOfCertificate(bytes, authorities, NOW_MS), {
      ok: false,
      error: "unreadable",
    });
  }
});

test("only an authority with a sound key can be a tenant's", async () => {
  const keys = await makeKeys();
  const weak = await makeKeys("weakRsa");
  const base = { subject: "CN=CA", issuer: "CN=CA", isAuthority: true };
  const refused: readonly [string, RegExp][] = [
    ["nonsense", /not a certificate/],
    [certs.agent.certificatePem, /not the certificate of an authority/],
    [
      (await forge({ ...base, signer: keys, keys, usages: SIGNATURE_ONLY })).pem,
      /not the certificate of an authority/,
    ],
    [(await forge({ ...base, signer: weak, keys: weak })).pem, /RSA of 1024 bits/],
  ];
  for (const [pem, words] of refused) {
    const read = readTenantAuthority(slug("acme"), pem);
    assert.match(read.ok ? "" : read.error, words);
  }
});
