// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import "reflect-metadata";
import { Pkcs10CertificateRequest } from "@peculiar/x509";

import { err, ok, type Result } from "../lib/result.ts";
import { readPublicKey } from "./pki-keys.ts";

/** Longest request in characters; one of RSA-8192 with names is under 4,000. */
const REQUEST_CHARS_MAX = 16_384;

/**
 * Reads a certificate signing request (PKCS #10 in PEM) and gives the public key it is for, as SubjectPublicKeyInfo.
 * Its signature proves that the sender holds the private key; the names it asks for are not read. The error is a sentence for
 * the sender.
 */
export async function readSigningRequest(
  pem: string,
): Promise<Result<{ readonly publicKeyDer: Buffer<ArrayBuffer> }>> {
  if (pem.length > REQUEST_CHARS_MAX) {
    return err(`the signing request is longer than ${REQUEST_CHARS_MAX} characters`);
  }
  const request = parseRequest(pem);
  if (request === undefined) return err("the signing request is not PKCS #10 in PEM");
  const publicKeyDer = Buffer.from(request.publicKey.rawData);
  const key = readPublicKey(publicKeyDer);
  if (!key.ok) return err(`the key of the signing request ${key.error}`);
  const isSigned = await request.verify().catch(() => false);
  return isSigned ? ok({ publicKeyDer }) : err("the signing request is not signed by its own key");
}

function parseRequest(pem: string): Pkcs10CertificateRequest | undefined {
  if (!pem.includes("-----BEGIN CERTIFICATE REQUEST-----")) return undefined;
  try {
    return new Pkcs10CertificateRequest(pem);
  } catch {
    return undefined;
  }
}
