// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import "reflect-metadata";
import { createPrivateKey, createPublicKey } from "node:crypto";

import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";

import type { NewKey } from "../../src/control/pki-keys.ts";

const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;

/** A signing request (PKCS #10 in PEM) for a P-256 key, asking for a name. */
export async function signingRequest(key: NewKey, name: string): Promise<string> {
  const der = createPrivateKey(key.privateKeyPem).export({ type: "pkcs8", format: "der" });
  const spki = createPublicKey(key.privateKeyPem).export({ type: "spki", format: "der" });
  const { subtle } = crypto;
  const request = await Pkcs10CertificateRequestGenerator.create({
    name,
    keys: {
      privateKey: await subtle.importKey("pkcs8", der, P256, true, ["sign"]),
      publicKey: await subtle.importKey("spki", spki, P256, true, ["verify"]),
    },
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  return request.toString("pem");
}
