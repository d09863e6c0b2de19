/** One agent's certificate, with everything that it needs to reach a gateway. */
import { X509Certificate } from "node:crypto";

import { sha256Hex } from "../lib/hash.ts";
import { ok, type Result } from "../lib/result.ts";
import { Secret } from "../lib/secret.ts";
import { createKey } from "./pki-keys.ts";
import type { AgentIdentity } from "./pki-names.ts";
import type { Authority } from "./pki-sign.ts";
import { issueAgentCertificate } from "./pki.ts";
import { readSigningRequest } from "./signing-request.ts";

/** What an agent is given. Nothing of it is stored. */
export interface AgentCertificate {
  /** What the agent trusts gateways by: the platform's root, and that of the gateways' own PKI. */
  readonly rootPem: string;
  /** The agent's certificate, then its tenant's authority. */
  readonly chainPem: string;
  /** Absent where the agent made its own key. */
  readonly privateKeyPem: Secret | undefined;
  readonly notAfterMs: number;
  /** Of the certificate's DER, lower-case hex. */
  readonly sha256: string;
  /** In every gateway's certificate (pki-names.ts), so that it verifies under whatever address is dialled. */
  readonly serverName: string;
}

/** What it is issued with. */
export interface CertificateOptions {
  /** What the agent is to trust gateways by (gateway-anchors.ts). */
  readonly anchorsPem: string;
  readonly issuer: Authority;
  /** PKCS #10 in PEM; absent: a key is made here. */
  readonly signingRequest: string | undefined;
  readonly nowMs: number;
}

/** A name in the certificate of every gateway, and of whoever enrols agents. */
export const SERVER_NAME = "agent-gateway.serviceradar";

/** Certifies an agent, for its own key or a new one. The error says what is wrong with the signing request. */
export async function certifyAgent(
  agent: AgentIdentity,
  { anchorsPem, issuer, signingRequest, nowMs }: CertificateOptions,
): Promise<Result<AgentCertificate>> {
  const made = signingRequest === undefined ? await createKey() : undefined;
  const key = made === undefined ? await readSigningRequest(signingRequest ?? "") : ok(made);
  if (!key.ok) return key;
  const { publicKeyDer } = key.value;
  const issued = await issueAgentCertificate({ issuer, publicKeyDer, agent, nowMs });
  const certificate = new X509Certificate(issued.certificatePem);
  return ok({
    rootPem: anchorsPem,
    chainPem: issued.chainPem,
    privateKeyPem: made === undefined ? undefined : new Secret(made.privateKeyPem),
    notAfterMs: certificate.validToDate.getTime(),
    sha256: sha256Hex(certificate.raw),
    serverName: SERVER_NAME,
  });
}
