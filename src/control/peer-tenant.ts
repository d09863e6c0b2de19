// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import "reflect-metadata";
import { X509Certificate, type KeyObject } from "node:crypto";

import {
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as ParsedCertificate,
} from "@peculiar/x509";

import { err, ok, type Result } from "../lib/result.ts";
import type { TenantSlug } from "../model/tenant.ts";
import { keyProblem } from "./pki-keys.ts";

/** A tenant's authority, ready to be compared with: ours, or one that was imported. A tenant may have several. */
export interface TenantAuthority {
  readonly tenant: TenantSlug;
  /** Its number among the tenant's; 0 while it has none. */
  readonly authorityNo: number;
  readonly publicKey: KeyObject;
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Why a client certificate gives no tenant. Each is UNAUTHENTICATED on the wire. */
export type PeerTenantProblem =
  | "unreadable"
  | "is_authority"
  | "unknown_tenant"
  | "ambiguous_tenant"
  | "not_yet_valid"
  | "expired"
  | "authority_expired";

/** Reads the certificate of a tenant's authority. The error says why it may not be one. */
export function readTenantAuthority(
  tenant: TenantSlug,
  certificatePem: string,
  authorityNo = 0,
): Result<TenantAuthority> {
  const certificate = parseCertificate(certificatePem);
  if (certificate === undefined) return err("is not a certificate in PEM");
  if (!certificate.ca || !maySignCertificates(certificate)) {
    return err("is not the certificate of an authority");
  }
  const problem = keyProblem(certificate.publicKey);
  if (problem !== undefined) return err(`has a key that ${problem}`);
  return ok({
    tenant,
    authorityNo,
    publicKey: certificate.publicKey,
    subject: certificate.subject,
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  });
}

/** An authority without the key usage extension may do anything (RFC 5280 section 4.2.1.3). */
function maySignCertificates(certificate: X509Certificate): boolean {
  const usages = new ParsedCertificate(certificate.raw).getExtension(KeyUsagesExtension)?.usages;
  return usages === undefined || (usages & KeyUsageFlags.keyCertSign) !== 0;
}

/**
 * The tenant whose authority signed a client certificate (`leafDer`). The issuer's name only chooses whom to ask, and
 * the authority key identifier is not even read: anybody may write another tenant's into a certificate, but only that
 * tenant's key makes a signature that verifies. Being chained to a trusted root, and revocation, are not looked at: TLS
 * has seen to the first, the agent's record to the second. 0.2 ms with one candidate.
 */
export function tenantOfCertificate(
  leafDer: Uint8Array,
  authorities: readonly TenantAuthority[],
  nowMs: number,
): Result<TenantSlug, PeerTenantProblem> {
  const leaf = parseCertificate(leafDer);
  if (leaf === undefined) return err("unreadable");
  if (leaf.ca) return err("is_authority");
  const signers = signersOf(leaf, authorities);
  const [signer] = signers;
  if (signer === undefined) return err("unknown_tenant");
  // Two tenants that share a key cannot be told apart, so neither is believed.
  if (signers.some(({ tenant }) => tenant !== signer.tenant)) return err("ambiguous_tenant");
  if (nowMs < leaf.validFromDate.getTime()) return err("not_yet_valid");
  if (nowMs > leaf.validToDate.getTime()) return err("expired");
  const isCurrent = signers.some((a) => nowMs >= a.notBeforeMs && nowMs <= a.notAfterMs);
  return isCurrent ? ok(signer.tenant) : err("authority_expired");
}

/** The authority that signed a certificate, whether or not either is good now; undefined where none did, or it could be several tenants'. */
export function certifierOf(
  leafDer: Uint8Array,
  authorities: readonly TenantAuthority[],
): TenantAuthority | undefined {
  const leaf = parseCertificate(leafDer);
  if (leaf === undefined || leaf.ca) return undefined;
  const [signer, ...others] = signersOf(leaf, authorities);
  return others.some(({ tenant }) => tenant !== signer?.tenant) ? undefined : signer;
}

function signersOf(
  leaf: X509Certificate,
  authorities: readonly TenantAuthority[],
): readonly TenantAuthority[] {
  return authorities.filter(
    ({ subject, publicKey }) => subject === leaf.issuer && isSignedBy(leaf, publicKey),
  );
}

/** OpenSSL throws where the certificate's signature algorithm does not go with the key. */
function isSignedBy(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key);
  } catch {
    return false;
  }
}

function parseCertificate(encoded: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(encoded);
  } catch {
    return undefined;
  }
}
