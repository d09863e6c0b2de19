import type { TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import { newUuid } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { TenantSlug } from "../model/tenant.ts";
import { audit } from "./audit.ts";
import type { Authorities } from "./authorities.ts";
import { holdingPattern, type FoundSlice } from "./slice.ts";

/** A tenant as operators see it. */
export interface Tenant {
  readonly tenant: number;
  readonly uid: string;
  readonly slug: TenantSlug;
  readonly name: string;
  readonly createdMs: number;
}

type TenantRow = { tenant: number; uid: string; slug: string; name: string; created_at: number };
const COLUMNS = "tenant, uid, slug, name, created_at";

/** Which tenants are wanted. */
export interface TenantsWanted extends FoundSlice {
  /** Only those of these numbers. */
  readonly among?: readonly number[] | undefined;
  /** Only those that the user of this number may work in. */
  readonly userNo?: number | undefined;
}

/** Tenants, by slug; a text is looked for in slug and name. */
export async function listTenants(
  db: TenantDbs,
  { after = "", limit, text, among, userNo }: TenantsWanted = {},
): Promise<readonly Tenant[]> {
  const { rows } = await db.across("tenants").query<TenantRow>(
    `select ${COLUMNS} from sync.tenants t
      where slug > $1 and ($3::text is null or slug ilike $3 or name ilike $3) and ($4::int[] is null or tenant = any($4))
        and ($5::int is null or exists (select from sync.memberships m where m.user_no = $5 and m.tenant = t.tenant))
      order by slug limit $2`,
    [after, limit ?? null, holdingPattern(text), among ?? null, userNo ?? null],
  );
  return rows.map(tenantOf);
}

/** The tenant of a slug. */
export async function findTenant(db: TenantDbs, slug: string): Promise<Tenant | undefined> {
  return await bySlug(db.across("tenants"), slug);
}

async function bySlug(db: Queryable, slug: string): Promise<Tenant | undefined> {
  const { rows } = await db.query<TenantRow>(
    `select ${COLUMNS} from sync.tenants where slug = $1`,
    [slug],
  );
  return rows[0] === undefined ? undefined : tenantOf(rows[0]);
}

/** The tenant of a number. */
export async function findTenantByNumber(
  db: Queryable,
  tenant: number,
): Promise<Tenant | undefined> {
  const { rows } = await db.query<TenantRow>(
    `select ${COLUMNS} from sync.tenants where tenant = $1`,
    [tenant],
  );
  return rows[0] === undefined ? undefined : tenantOf(rows[0]);
}

function tenantOf(row: TenantRow): Tenant {
  const { tenant, uid, name } = row;
  return { tenant, uid, slug: row.slug as TenantSlug, name, createdMs: row.created_at };
}

/** Makes a tenant with an authority of its own. The error says that the slug is taken. */
export async function createTenant(
  db: TenantDbs,
  {
    slug,
    name,
    actor,
    authorities,
  }: {
    readonly slug: TenantSlug;
    readonly name: string;
    readonly actor: string;
    readonly authorities: Authorities;
  },
): Promise<Result<Tenant>> {
  return await tx(db.across("tenants"), async (open) => {
    const number = await insertTenant(open, { slug, name });
    if (number === undefined) return err(`tenant "${slug}" exists already`);
    await open.query("insert into sync.tenant_ingest (tenant) values ($1)", [number]);
    await authorities.createForTenant(open, { tenant: number, slug });
    await audit(open, {
      tenant: number,
      actor,
      action: "tenant.create",
      subject: slug,
      after: { name },
    });
    const tenant = await bySlug(open, slug);
    return tenant === undefined ? err(`tenant "${slug}" was not made`) : ok(tenant);
  });
}

/** Tenant numbers lead every key; they are given out one by one under the table's lock, tenants being few. */
async function insertTenant(
  open: Tx,
  { slug, name }: { readonly slug: string; readonly name: string },
): Promise<number | undefined> {
  await open.query("lock table sync.tenants in share row exclusive mode");
  const { rows } = await open.query<{ tenant: number }>(
    `insert into sync.tenants (tenant, uid, slug, name)
     select coalesce(max(tenant), 0) + 1, $1, $2, $3 from sync.tenants
     on conflict (slug) do nothing returning tenant`,
    [newUuid(), slug, name],
  );
  return rows[0]?.tenant;
}
