/**
 * Authorities of an existing PKI: a tenant's issuing authority, given as a certificate without its key. Agents that it certified are
 * that tenant's from then on; new ones are still certified by ours.
 */
import { X509Certificate } from "node:crypto";

import type { TenantDbs } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { TenantSlug } from "../model/tenant.ts";
import { audit } from "./audit.ts";
import { PLATFORM, spkiSha256 } from "./authorities.ts";
import { readTenantAuthority } from "./peer-tenant.ts";
import { holdingPattern, type FoundSlice, type Slice } from "./slice.ts";

/** Certificates sorted by what they are for. PEM. */
export interface SortedChain {
  /** The one that certifies the tenant's agents. */
  readonly issuer: string;
  /** Those above it, up to the root: anchors of TLS, and of no tenant by themselves. */
  readonly above: readonly string[];
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** More certificates than any chain has. */
const CHAIN_MAX = 8;

/**
 * Sorts a file of certificates into the tenant's authority and what stands above it, whatever their order. TLS needs all of them up
 * to a root. The error says what is wrong with the file.
 */
export function sortChain(text: string, slug: TenantSlug): Result<SortedChain> {
  const pems = [...new Set(text.match(PEM) ?? [])];
  if (pems.length === 0) return err("holds no certificate in PEM");
  if (pems.length > CHAIN_MAX) return err(`holds more than ${CHAIN_MAX} certificates`);
  if (text.includes("PRIVATE KEY")) return err("holds a private key; only certificates are needed");
  for (const pem of pems) {
    const read = readTenantAuthority(slug, pem);
    if (!read.ok) return err(`holds a certificate that ${read.error}`);
  }
  const all = pems.map((pem) => ({ pem, certificate: new X509Certificate(pem) }));
  const lowest = all.filter(({ certificate }) => !all.some((one) => isAbove(certificate, one)));
  const [issuer, other] = lowest;
  if (issuer === undefined || other !== undefined) {
    return err("holds certificates that form no single chain; give one authority at a time");
  }
  const above: string[] = [];
  let top = issuer;
  while (!isRoot(top.certificate)) {
    const next = all.find(({ certificate }) => isAbove(certificate, top));
    if (next === undefined) {
      return err(`lacks the authority above it (${top.certificate.issuer}), up to the root`);
    }
    above.push(next.pem);
    top = next;
  }
  return ok({ issuer: issuer.pem, above });
}

function isRoot(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

/** Whether `upper` signed the other certificate, and is not the same one. */
function isAbove(
  upper: X509Certificate,
  { certificate: lower }: { readonly certificate: X509Certificate },
): boolean {
  if (upper.fingerprint256 === lower.fingerprint256 || !lower.checkIssued(upper)) return false;
  try {
    return lower.verify(upper.publicKey);
  } catch {
    // OpenSSL throws where the signature's algorithm does not go with the key.
    return false;
  }
}

/** An authority as it is shown. */
export interface ShownAuthority {
  readonly no: number;
  readonly subject: string;
  readonly spkiSha256: string;
  readonly notAfterMs: number;
  readonly isImported: boolean;
  /** Absent: in force. */
  readonly revokedMs: number | undefined;
  readonly certificatePem: string;
}

/** Trusts a tenant's authority, and what stands above it. The error says why not. */
export async function importAuthority(
  dbs: TenantDbs,
  { tenant, slug }: { readonly tenant: number; readonly slug: TenantSlug },
  { text, actor, nowMs }: { readonly text: string; readonly actor: string; readonly nowMs: number },
): Promise<Result<ShownAuthority>> {
  const chain = sortChain(text, slug);
  if (!chain.ok) return chain;
  const { issuer, above } = chain.value;
  const { subject, validToDate } = new X509Certificate(issuer);
  if (validToDate.getTime() <= nowMs) {
    return err(`holds an authority that ended ${isoTime(validToDate.getTime())}`);
  }
  return await tx(dbs.across("trust"), async (open) => {
    await open.query("lock table sync.authorities in share row exclusive mode");
    const owner = await ownerOf(open, issuer);
    if (owner !== undefined) {
      const whose =
        owner === tenant ? "this tenant's already" : "another tenant's, or the platform's";
      return err(`holds an authority that is ${whose}`);
    }
    for (const pem of above) {
      if ((await ownerOf(open, pem)) === undefined) await insert(open, PLATFORM, pem);
    }
    const no = await insert(open, tenant, issuer);
    const after = { subject, spki_sha256: spkiSha256(issuer) };
    await audit(open, { tenant, actor, action: "authority.import", subject: slug, after });
    const row = { authority_no: no, certificate_pem: issuer, imported: true, revoked_at: null };
    return ok(shown(row));
  });
}

async function ownerOf(open: Tx, pem: string): Promise<number | undefined> {
  const { rows } = await open.query<{ tenant: number }>(
    "select tenant from sync.authorities where spki_sha256 = $1",
    [spkiSha256(pem)],
  );
  return rows[0]?.tenant;
}

async function insert(open: Tx, tenant: number, pem: string): Promise<number> {
  const { rows } = await open.query<{ no: number }>(
    `insert into sync.authorities (tenant, authority_no, spki_sha256, certificate_pem, imported)
     select $1, coalesce(max(authority_no), 0) + 1, $2, $3, true from sync.authorities where tenant = $1
     returning authority_no as no`,
    [tenant, spkiSha256(pem), `${pem}\n`],
  );
  return rows[0]?.no ?? 0;
}

type Row = {
  readonly authority_no: number;
  readonly certificate_pem: string;
  readonly imported: boolean;
  readonly revoked_at: number | null;
};

/** The authorities that certify a tenant's agents, revoked ones too, oldest first. */
export async function listAuthorities(
  dbs: TenantDbs,
  tenant: number,
  { after = 0, limit }: Slice<number> = {},
): Promise<readonly ShownAuthority[]> {
  const { rows } = await dbs.forTenant(tenant).query<Row>(
    `select authority_no, certificate_pem, imported, revoked_at from sync.authorities
      where tenant = $1 and authority_no > $2::bigint order by authority_no limit $3`,
    [tenant, after, limit ?? null],
  );
  return rows.map(shown);
}

/** An authority and the slug of its tenant. */
export type TenantsAuthority = ShownAuthority & { readonly tenant: string };

/** Authorities of all tenants, by slug and then oldest first, revoked ones too; a text is looked for in the slug. */
export async function listAllAuthorities(
  dbs: TenantDbs,
  { after: [slug, no] = ["", 0], limit, text }: FoundSlice<readonly [slug: string, no: number]>,
): Promise<readonly TenantsAuthority[]> {
  const { rows } = await dbs.across("trust").query<Row & { slug: string }>(
    `select t.slug, a.authority_no, a.certificate_pem, a.imported, a.revoked_at
       from sync.tenants t join sync.authorities a using (tenant)
      where t.slug >= $1 and (t.slug, a.authority_no) > ($1, $2::bigint) and ($4::text is null or t.slug ilike $4)
      order by t.slug, a.authority_no limit $3`,
    [slug, no, limit ?? null, holdingPattern(text)],
  );
  return rows.map((row) => ({ ...shown(row), tenant: row.slug }));
}

function shown(row: Row): ShownAuthority {
  const { authority_no: no, certificate_pem: pem, imported, revoked_at: revokedAt } = row;
  const { subject, validToDate } = new X509Certificate(pem);
  return {
    no,
    subject: subject.replaceAll("\n", ", "),
    spkiSha256: spkiSha256(pem),
    notAfterMs: validToDate.getTime(),
    isImported: imported,
    revokedMs: revokedAt ?? undefined,
    certificatePem: pem,
  };
}
