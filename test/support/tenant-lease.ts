import type { Db } from "../../src/db/pool.ts";
import type { Lease } from "../../src/inbox/lease.ts";

/** The right to write a tenant that the API made, for feeding it with test/support/dire.ts. */
export async function leaseOf(db: Db, slug: string): Promise<Lease> {
  const { rows } = await db.query<{ tenant: number }>(
    `update sync.tenant_ingest set owner = 'test', epoch = 1, lease_until = 'infinity'
      where tenant = (select tenant from sync.tenants where slug = $1) returning tenant`,
    [slug],
  );
  return { tenant: rows[0]?.tenant ?? 0, owner: "test", epoch: 1 };
}
