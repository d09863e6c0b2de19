import assert from "node:assert/strict";
import { test } from "node:test";

import { readSigningRequest } from "../../src/control/signing-request.ts";
import { makeKeys, makeSigningRequest } from "../support/forge.ts";

for (const kind of ["ec", "rsa"] as const) {
  test(`a request signed by its own ${kind} key gives that key`, async () => {
    const keys = await makeKeys(kind);
    const read = await readSigningRequest(await makeSigningRequest(keys));
    assert.ok(read.ok);
    const spki = await crypto.subtle.exportKey("spki", keys.publicKey);
    assert.deepEqual(read.value.publicKeyDer, Buffer.from(spki));
  });
}

test("a request for somebody else's key is refused", async () => {
  const { publicKey } = await makeKeys();
  const { privateKey } = await makeKeys();
  const read = await readSigningRequest(await makeSigningRequest({ publicKey, privateKey }));
  assert.deepEqual(read, {
    ok: false,
    error: "the signing request is not signed by its own key",
  });
});

test("a request whose names were changed after signing is refused", async () => {
  const pem = await makeSigningRequest(await makeKeys());
  const body = Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
  body.write("whoever U like", body.indexOf("whoever I like"));
  const changed = `-----BEGIN CERTIFICATE REQUEST-----\n${body.toString("base64")}\n-----END CERTIFICATE REQUEST-----`;
  assert.equal((await readSigningRequest(changed)).ok, false);
});

test("a weak key is refused by name", async () => {
  const read = await readSigningRequest(await makeSigningRequest(await makeKeys("weakRsa")));
  assert.match(read.ok ? "" : read.error, /RSA of 1024 bits/);
});

for (const text of [
  "",
  "hello",
  "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
  "x".repeat(20_000),
]) {
  test(`"${text.slice(0, 20)}" of ${text.length} characters is refused`, async () => {
    assert.equal((await readSigningRequest(text)).ok, false);
  });
}
