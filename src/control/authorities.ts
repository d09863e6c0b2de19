/**
 * Certificate authorities: the platform's root (tenant 0), one intermediate a tenant, and imported ones. Private keys are
 * sealed in the database, so every replica can issue.
 */
import { X509Certificate } from "node:crypto";

import type { TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import type { Clock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import { sha256Hex } from "../lib/hash.ts";
import { Secret } from "../lib/secret.ts";
import type { TenantSlug } from "../model/tenant.ts";
import { readTenantAuthority, type TenantAuthority } from "./peer-tenant.ts";
import type { Authority } from "./pki-sign.ts";
import { createRootCa, createTenantCa } from "./pki.ts";
import type { Sealer } from "./secrets.ts";

/** The platform's own number in sync.authorities. */
export const PLATFORM = 0;

type AuthorityRow = { authority_no: number; certificate_pem: string; key_sealed: Buffer | null };

/** Makes, keeps and finds authorities. */
export class Authorities {
  readonly #sealer: Sealer;
  readonly #clock: Clock;

  constructor(sealer: Sealer, clock: Clock) {
    this.#sealer = sealer;
    this.#clock = clock;
  }

  /** The platform's root; made by the first process that asks. */
  async root(db: TenantDbs): Promise<Authority> {
    return (await this.#own(db.forTenant(PLATFORM), PLATFORM)) ?? (await this.#makeRoot(db));
  }

  async #makeRoot(db: TenantDbs): Promise<Authority> {
    return await tx(db.forTenant(PLATFORM), async (open) => {
      await open.query("lock table sync.authorities in share row exclusive mode");
      const made = await this.#own(open, PLATFORM);
      if (made !== undefined) return made;
      const root = await createRootCa({ nowMs: this.#clock.now() });
      await this.#insert(open, PLATFORM, root);
      return root;
    });
  }

  /** Makes a tenant's intermediate authority. `root`: where the transaction is the tenant's, which does not see the platform's. */
  async createForTenant(
    open: Tx,
    of: { readonly tenant: number; readonly slug: TenantSlug; readonly root?: Authority },
  ): Promise<void> {
    const { tenant, slug } = of;
    const root = of.root ?? (await this.#own(open, PLATFORM));
    if (root === undefined) {
      throw new SyncError("no_root", "the platform has no root authority yet", {
        retry: "permanent",
      });
    }
    const authority = await createTenantCa({ root, slug, nowMs: this.#clock.now() });
    await this.#insert(open, tenant, authority);
  }

  /** The authority that issues a tenant's certificates. Throws "no_authority" where it has none with a key here. */
  async issuer(db: Queryable, tenant: number): Promise<Authority> {
    const authority = await this.#own(db, tenant);
    if (authority !== undefined) return authority;
    throw new SyncError(
      "no_authority",
      `tenant ${tenant} has no authority whose key is held here`,
      { retry: "permanent" },
    );
  }

  async #own(db: Queryable, tenant: number): Promise<Authority | undefined> {
    const [newest] = await heldAuthorities(db, tenant, this.#sealer);
    return newest;
  }

  async #insert(
    open: Tx,
    tenant: number,
    { certificatePem, privateKeyPem }: Authority,
  ): Promise<void> {
    const { rows } = await open.query<{ no: number }>(
      "select coalesce(max(authority_no), 0) + 1 as no from sync.authorities where tenant = $1",
      [tenant],
    );
    const no = rows[0]?.no ?? 1;
    const sealed = this.#sealer.seal(new Secret(privateKeyPem), binding(tenant, no));
    await open.query(
      `insert into sync.authorities (tenant, authority_no, spki_sha256, certificate_pem, key_sealed) values ($1, $2, $3, $4, $5)`,
      [tenant, no, spkiSha256(certificatePem), certificatePem, sealed],
    );
  }
}

/** The authorities of a tenant whose keys are held here, newest first. */
export async function heldAuthorities(
  db: Queryable,
  tenant: number,
  sealer: Sealer,
): Promise<readonly Authority[]> {
  const { rows } = await db.query<AuthorityRow>(
    `select authority_no, certificate_pem, key_sealed from sync.authorities
      where tenant = $1 and key_sealed is not null and revoked_at is null order by authority_no desc`,
    [tenant],
  );
  return rows.flatMap(
    ({ authority_no: no, certificate_pem: certificatePem, key_sealed: sealed }) =>
      sealed === null
        ? []
        : [{ certificatePem, privateKeyPem: sealer.open(sealed, binding(tenant, no)).reveal() }],
  );
}

function binding(tenant: number, authorityNo: number): string {
  return `authority:${tenant}:${authorityNo}`;
}

/** SHA-256 of a certificate's public key (SubjectPublicKeyInfo): what tells authorities apart, whatever they are called. */
export function spkiSha256(certificatePem: string): string {
  const { publicKey } = new X509Certificate(certificatePem);
  return sha256Hex(publicKey.export({ type: "spki", format: "der" }));
}

/** What the gateway checks peers against: anchors for TLS, and the authority of every tenant. */
export interface Trust {
  readonly caPems: readonly string[];
  readonly tenants: readonly TenantAuthority[];
}

/**
 * Reads every authority, revoked ones too: TLS lets their agents as far as to be told why they are refused (admissionOf), and
 * refusals say whose they were.
 */
export async function readTrust(db: TenantDbs): Promise<Trust> {
  const { rows } = await db.across("trust").query<{
    tenant: number;
    authority_no: number;
    slug: TenantSlug | null;
    certificate_pem: string;
    imported: boolean;
  }>(
    `select a.tenant, a.authority_no, t.slug, a.certificate_pem, a.imported
       from sync.authorities a left join sync.tenants t using (tenant) order by a.tenant, a.authority_no`,
  );
  const tenants = rows.flatMap(({ slug, certificate_pem: pem, authority_no: no }) => {
    const authority = slug === null ? undefined : readTenantAuthority(slug, pem, no);
    return authority?.ok === true ? [authority.value] : [];
  });
  const caPems = rows
    .filter(({ tenant, imported }) => tenant === PLATFORM || imported)
    .map((row) => row.certificate_pem);
  return { caPems, tenants };
}
