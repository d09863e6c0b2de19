// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import "reflect-metadata";
import { Name, PemConverter, Pkcs10CertificateRequestGenerator } from "@peculiar/x509";

/** P-256, as the core's own keys: every TLS 1.3 peer supports it (RFC 8446 section 9.1). */
const KEY = { name: "ECDSA", namedCurve: "P-256" } as const;

/**
 * Makes a key and a request (PKCS #10) to have it certified. The name in it is for people; the core writes the names that it
 * knows from the token.
 */
export async function makeSigningRequest(
  name: string,
): Promise<{ readonly privateKeyPem: string; readonly signingRequest: string }> {
  const keys = await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
  const made = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([{ CN: [{ utf8String: name }] }]).toString(),
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    privateKeyPem: `${PemConverter.encode(pkcs8, "PRIVATE KEY").trim()}\n`,
    signingRequest: made.toString("pem"),
  };
}
