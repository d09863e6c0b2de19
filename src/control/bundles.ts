/**
 * Bundles of agents: whose they are, and how they are opened. The key that reads a tenant's bundles follows from the key of its
 * authority, so there is nothing more to keep, and every replica has it.
 */
import { createPrivateKey, verify, X509Certificate, type KeyObject } from "node:crypto";

import type { TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { sha256Hex } from "../lib/hash.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  exchangeKeyId,
  exchangeKeyOf,
  openContentKey,
  publicKeyText,
  signedBytes,
} from "../lib/sealed-file.ts";
import { BUNDLE_KEY_PURPOSE } from "../model/bundle.ts";
import { parseLabel, type TenantSlug } from "../model/tenant.ts";
import { admissionOf } from "./agent-registration.ts";
import { heldAuthorities, readTrust } from "./authorities.ts";
import { certifierOf, tenantOfCertificate, type PeerTenantProblem } from "./peer-tenant.ts";
import { agentNames } from "./pki-names.ts";
import type { Authority } from "./pki-sign.ts";
import type { Sealer } from "./secrets.ts";

function readerOf({ privateKeyPem }: Authority): KeyObject {
  const secret = createPrivateKey(privateKeyPem).export({ type: "pkcs8", format: "der" });
  return exchangeKeyOf(secret, BUNDLE_KEY_PURPOSE);
}

/** The key that a tenant's agents seal bundles with; undefined where no authority's key is held here. */
export async function bundlePublicKey(
  db: Queryable,
  tenant: number,
  sealer: Sealer,
): Promise<string | undefined> {
  const [newest] = await heldAuthorities(db, tenant, sealer);
  return newest === undefined ? undefined : publicKeyText(readerOf(newest));
}

/** What is known of a bundle before it is opened. */
export interface ShownBundle {
  readonly header: Readonly<Record<string, unknown>>;
  /** Of everything that is signed. */
  readonly digest: Buffer;
  readonly signature: Buffer;
}

/** Whose it is, and what opens it. */
export interface JudgedBundle {
  readonly agentId: string;
  readonly partition: string;
  readonly contentKey: Buffer;
}

/** Where it is judged. */
export interface BundleCourt {
  readonly dbs: TenantDbs;
  readonly tenant: number;
  readonly slug: TenantSlug;
  readonly sealer: Sealer;
  readonly nowMs: number;
}

/** Whether a bundle is one of this tenant's agents, as it was signed, for this core. The error says why not. */
export async function judgeBundle(
  bundle: ShownBundle,
  court: BundleCourt,
): Promise<Result<JudgedBundle>> {
  const { header, digest, signature } = bundle;
  if (header["format"] !== 1) return err("it is of another release");
  const leaf = leafOf(header["chain_pem"]);
  const agentId = parseLabel(textOf(header["agent_id"]), "agent_id");
  const partition = parseLabel(textOf(header["partition"]), "partition");
  if (leaf === undefined || !agentId.ok || !partition.ok) return err("its header cannot be read");
  const who = { agentId: agentId.value, partition: partition.value };
  const refusal = await signerRefusal(leaf, who, court);
  if (refusal !== undefined) return err(refusal);
  if (!verify("sha256", signedBytes(digest), leaf.publicKey, signature)) {
    return err("it was changed after its agent signed it");
  }
  const contentKey = await contentKeyOf(header, court);
  return contentKey.ok ? ok({ ...who, contentKey: contentKey.value }) : contentKey;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function leafOf(chainPem: unknown): X509Certificate | undefined {
  try {
    return typeof chainPem === "string" ? new X509Certificate(chainPem) : undefined;
  } catch {
    return undefined;
  }
}

const PROBLEMS: Readonly<Record<PeerTenantProblem, string>> = {
  unreadable: "its certificate cannot be read",
  is_authority: "it was signed by an authority, not by an agent",
  unknown_tenant: "its agent's certificate was issued by no authority of this core",
  ambiguous_tenant: "its agent's certificate could be of several tenants",
  not_yet_valid: "its agent's certificate is not valid yet; look at this host's clock",
  expired: "its agent's certificate has expired; renew it and make the bundle again",
  authority_expired: "the authority of its agent's certificate has expired",
};

type Who = { readonly agentId: string; readonly partition: string };

/** The same questions as a gateway asks of a peer (gateway/peer.ts). */
async function signerRefusal(
  leaf: X509Certificate,
  { agentId, partition }: Who,
  { dbs, tenant, slug, nowMs }: BundleCourt,
): Promise<string | undefined> {
  const { tenants } = await readTrust(dbs);
  const owner = tenantOfCertificate(leaf.raw, tenants, nowMs);
  if (!owner.ok) return PROBLEMS[owner.error];
  if (owner.value !== slug) return "it belongs to another tenant";
  const names = ([3, 4] as const).map(
    (cnForm) => agentNames({ agentId, partition, tenant: slug, cnForm }).commonName,
  );
  const commonName = /^CN=(.*)$/m.exec(leaf.subject)?.[1] ?? "";
  if (!names.includes(commonName)) return "its certificate is not that of the agent it names";
  const { admission } = await admissionOf(dbs.forTenant(tenant), tenant, {
    agentId,
    sha256: sha256Hex(leaf.raw),
    authorityNo: certifierOf(leaf.raw, tenants)?.authorityNo ?? 0,
  });
  return admission === "open" ? undefined : `its ${admission.replace("_", " was ")}`;
}

async function contentKeyOf(
  header: ShownBundle["header"],
  { dbs, tenant, sealer }: BundleCourt,
): Promise<Result<Buffer>> {
  const { reader_key: wanted, ephemeral } = header;
  const readers = (await heldAuthorities(dbs.forTenant(tenant), tenant, sealer)).map(readerOf);
  const reader = readers.find((key) => exchangeKeyId(publicKeyText(key)) === wanted);
  const key =
    reader === undefined || typeof ephemeral !== "string"
      ? undefined
      : openContentKey(reader, ephemeral);
  return key === undefined ? err("it was sealed for another core") : ok(key);
}
