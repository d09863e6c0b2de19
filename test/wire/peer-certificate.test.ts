import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { uriAltNames } from "../../src/wire/alt-names.ts";
import { readPeerName } from "../../src/wire/peer-certificate.ts";
import { forge, makeKeys, type Forgery } from "../support/forge.ts";

const signer = await makeKeys();
const { der: sample } = await forge({
  subject: "CN=a",
  issuer: "CN=CA",
  signer,
  altNames: [{ type: "url", value: "https://example.org/" }],
});
const PEER = { componentId: "agent-01", partitionId: "dc1" };
const SPIFFE = "spiffe://serviceradar.local/agent/dc1/agent-01";

async function read(
  subject: string,
  altNames: Forgery["altNames"] = [],
): Promise<ReturnType<typeof readPeerName>> {
  const { der } = await forge({ subject, issuer: "CN=CA", signer, altNames });
  return readPeerName(der);
}

test("common name and SPIFFE id are found among other names", async () => {
  const named = await read("O=ServiceRadar, CN=agent-01.dc1.serviceradar", [
    { type: "dns", value: "agent-01.dc1.serviceradar" },
    { type: "ip", value: "2001:db8::7" },
    { type: "url", value: SPIFFE },
  ]);
  assert.deepEqual(named, { ok: true, value: { ...PEER, componentType: "agent" } });
});

test("a certificate without alternative names has its common name", async () => {
  assert.deepEqual(await read("CN=agent-01.dc1.serviceradar"), { ok: true, value: PEER });
});

test("a SPIFFE id inside another name's value is none", async () => {
  const named = await read("CN=agent-01.dc1.serviceradar", [
    { type: "dns", value: `x, URI:${SPIFFE}, DNS:y` },
  ]);
  assert.deepEqual(named, { ok: true, value: PEER });
});

test("URIs are read whole and in order, long ones too", async () => {
  const uris = [`https://example.org/a,b "c"`, `https://example.org/${"x".repeat(70_000)}`, SPIFFE];
  const { der } = await forge({
    subject: "CN=a",
    issuer: "CN=CA",
    signer,
    isAuthority: true,
    authorityKeyId: "00ff",
    altNames: [
      { type: "dns", value: "example.org" },
      ...uris.map((value) => ({ type: "url" as const, value })),
    ],
  });
  assert.deepEqual(uriAltNames(der), uris);
});

test("DER that was cut or changed throws or gives less, and never hangs", () => {
  fc.assert(
    fc.property(fc.nat({ max: sample.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const changed = Buffer.from(sample);
      changed.writeUInt8(byte, at);
      for (const der of [changed, sample.subarray(0, at)]) {
        try {
          assert.ok(uriAltNames(der).length <= 1);
        } catch (thrown) {
          assert.ok(thrown instanceof RangeError);
        }
      }
    }),
  );
});

test("a certificate with several common names, or none, is refused", async () => {
  assert.equal(
    (await read("CN=agent-01.dc1.serviceradar, CN=agent-02.dc1.serviceradar")).ok,
    false,
  );
  assert.equal((await read("O=ServiceRadar")).ok, false);
});

test("what is no certificate is refused", () => {
  assert.equal(readPeerName(Buffer.from("hello")).ok, false);
});
