// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import "reflect-metadata";
import { X509Certificate } from "node:crypto";

import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type Extension,
} from "@peculiar/x509";

import type { TenantSlug } from "../model/tenant.ts";
import { createKey } from "./pki-keys.ts";
import { agentNames, serverAltNames, type AgentIdentity } from "./pki-names.ts";
import { selfSign, signWith, type Authority } from "./pki-sign.ts";

/** Ten years, as the original's root: replacing it means visiting every agent. */
const AUTHORITY_DAYS = 3_650;
/** A year, as the original's component certificates; ours renew themselves long before. */
export const LEAF_DAYS = 365;

/** A certificate that was issued, alone and with the intermediate certificates that a peer needs to verify it. PEM. */
export interface Issued {
  readonly certificatePem: string;
  readonly chainPem: string;
}

/** Makes a root authority that signs itself. */
export async function createRootCa(options: { readonly nowMs: number }): Promise<Authority> {
  const { privateKeyPem, publicKeyDer } = await createKey();
  const subject = {
    commonName: "root.ca.serviceradar",
    publicKeyDer,
    days: AUTHORITY_DAYS,
    extensions: authorityExtensions(undefined),
  };
  return { certificatePem: await selfSign(subject, privateKeyPem, options.nowMs), privateKeyPem };
}

/** Makes a tenant's intermediate authority under the root. It can certify components, but no further authority. */
export async function createTenantCa(options: {
  readonly root: Authority;
  readonly slug: TenantSlug;
  readonly nowMs: number;
}): Promise<Authority> {
  const { privateKeyPem, publicKeyDer } = await createKey();
  const subject = {
    commonName: `tenant-${options.slug}.ca.serviceradar`,
    publicKeyDer,
    days: AUTHORITY_DAYS,
    extensions: authorityExtensions(0),
  };
  return { certificatePem: await signWith(options.root, subject, options.nowMs), privateKeyPem };
}

/** Makes the gateway's key and certificate, good for the names agents are known to dial and for `names` (DNS names or IP addresses). */
export async function issueServerCertificate(options: {
  readonly issuer: Authority;
  readonly names: readonly string[];
  readonly nowMs: number;
}): Promise<Issued & { readonly privateKeyPem: string }> {
  const { privateKeyPem, publicKeyDer } = await createKey();
  const subject = {
    commonName: "agent-gateway.serviceradar",
    publicKeyDer,
    days: LEAF_DAYS,
    extensions: [
      ...leafExtensions(ExtendedKeyUsage.serverAuth),
      new SubjectAlternativeNameExtension(serverAltNames(options.names)),
    ],
  };
  const certificatePem = await signWith(options.issuer, subject, options.nowMs);
  return { ...withChain(certificatePem, options.issuer), privateKeyPem };
}

/** Certifies an agent's own key. The names come from the enrolment, never from what the agent asks for. */
export async function issueAgentCertificate(options: {
  readonly issuer: Authority;
  /** SubjectPublicKeyInfo, checked by readSigningRequest or readPublicKey. */
  readonly publicKeyDer: Uint8Array<ArrayBuffer>;
  readonly agent: AgentIdentity;
  readonly nowMs: number;
}): Promise<Issued> {
  const { commonName, spiffeId } = agentNames(options.agent);
  const altNames = new SubjectAlternativeNameExtension([
    { type: "dns", value: commonName },
    { type: "url", value: spiffeId },
  ]);
  const subject = {
    commonName,
    publicKeyDer: options.publicKeyDer,
    days: LEAF_DAYS,
    extensions: [...leafExtensions(ExtendedKeyUsage.clientAuth), altNames],
  };
  return withChain(await signWith(options.issuer, subject, options.nowMs), options.issuer);
}

/** A path length of 0 allows no further authority below; undefined leaves it open. */
function authorityExtensions(pathLength: number | undefined): readonly Extension[] {
  return [
    new BasicConstraintsExtension(true, pathLength, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
}

function leafExtensions(usage: ExtendedKeyUsage): readonly Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([usage]),
  ];
}

/** A root stays out of the chain: the peer trusts its own copy or none. */
function withChain(certificatePem: string, issuer: Authority): Issued {
  const above = new X509Certificate(issuer.certificatePem);
  const isRoot = above.subject === above.issuer;
  return {
    certificatePem,
    chainPem: isRoot ? certificatePem : certificatePem + above.toString(),
  };
}
