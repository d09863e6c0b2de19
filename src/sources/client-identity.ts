import { createPrivateKey, X509Certificate } from "node:crypto";

import { messageOf } from "../lib/errors.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Secret } from "../lib/secret.ts";
import type { SourceConfig } from "../model/sync-payload.ts";

/** A certificate by which a source knows us, and its key. */
export interface ClientIdentity {
  readonly certPem: string;
  readonly keyPem: Secret;
  /** Of the key, where it has one. */
  readonly passphrase?: Secret | undefined;
}

/** The certificate of a source's settings; undefined where there is none. The error names what is wrong or missing. */
export function clientIdentity(
  config: Pick<SourceConfig, "clientCertPem" | "clientKeyPem" | "clientKeyPassphrase">,
): Result<ClientIdentity | undefined> {
  const { clientCertPem: certPem, clientKeyPem: keyPem, clientKeyPassphrase: passphrase } = config;
  if (certPem === undefined && keyPem === undefined) return ok(undefined);
  if (keyPem === undefined) {
    return err("credentials.client_key_pem is missing beside client_cert_pem");
  }
  if (certPem === undefined) {
    return err("client_cert_pem is missing beside credentials.client_key_pem");
  }
  const problem = problemOf({ certPem, keyPem, passphrase });
  return problem === undefined ? ok({ certPem, keyPem, passphrase }) : err(problem);
}

function problemOf({ certPem, keyPem, passphrase }: ClientIdentity): string | undefined {
  const certificate = readCertificate(certPem);
  if (certificate === undefined) return "client_cert_pem is not a certificate in PEM form";
  try {
    const key = createPrivateKey({ key: keyPem.reveal(), passphrase: passphrase?.reveal() ?? "" });
    return certificate.checkPrivateKey(key)
      ? undefined
      : "credentials.client_key_pem is not the key of client_cert_pem";
  } catch (thrown) {
    // OpenSSL's words name what is wrong with a key, and never the key.
    return `credentials.client_key_pem cannot be used: ${messageOf(thrown)}`;
  }
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
