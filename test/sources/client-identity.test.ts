import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";

import { Secret } from "../../src/lib/secret.ts";
import { clientIdentity } from "../../src/sources/client-identity.ts";
import { makeSelfSigned } from "../support/self-signed.ts";

const own = await makeSelfSigned();
const other = await makeSelfSigned();
const locked = createPrivateKey(own.key).export({
  type: "pkcs8",
  format: "pem",
  cipher: "aes-256-cbc",
  passphrase: "open sesame",
}) as string;

test("a certificate goes with its key, also with one that is locked", () => {
  const plain = clientIdentity({ clientCertPem: own.cert, clientKeyPem: new Secret(own.key) });
  assert.equal(plain.ok && plain.value?.keyPem.reveal(), own.key);
  const clientKeyPassphrase = new Secret("open sesame");
  const clientKeyPem = new Secret(locked);
  assert.ok(clientIdentity({ clientCertPem: own.cert, clientKeyPem, clientKeyPassphrase }).ok);
  const none = clientIdentity({});
  assert.equal(none.ok && none.value, undefined);
});

test("what is wrong with a certificate is named, and the key is not shown", () => {
  const wrong = [
    [{ clientCertPem: own.cert }, /^credentials.client_key_pem is missing/],
    [{ clientKeyPem: new Secret(own.key) }, /^client_cert_pem is missing/],
    [{ clientCertPem: "x", clientKeyPem: new Secret(own.key) }, /^client_cert_pem is not a cert/],
    [{ clientCertPem: own.cert, clientKeyPem: new Secret(other.key) }, /is not the key of/],
    [{ clientCertPem: own.cert, clientKeyPem: new Secret("hush-hush") }, /cannot be used/],
    [{ clientCertPem: own.cert, clientKeyPem: new Secret(locked) }, /cannot be used/],
  ] as const;
  for (const [config, message] of wrong) {
    const read = clientIdentity(config);
    assert.match(read.ok ? "good" : read.error, message);
    assert.doesNotMatch(read.ok ? "" : read.error, /hush-hush|BEGIN/);
  }
});
