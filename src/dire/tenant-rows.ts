import type { Queryable } from "../db/session.ts";
import { invariant } from "../lib/invariant.ts";

/**
 * Kinds of rows that most tenants have few of or none, as all have during their first load. Where there is none at all, nothing is
 * asked, record by record, that is known beforehand.
 */
export interface TenantRows {
  readonly hasSightings: boolean;
  readonly hasDeletions: boolean;
  readonly hasLocks: boolean;
  readonly hasAliases: boolean;
  readonly hasQuarantine: boolean;
  readonly hasCrowds: boolean;
  /** Sightings of unchanged records, or absences: what is known of a record may be more than its own row says. */
  readonly hasPresence: boolean;
}

/** Looks for each kind once. It stands as long as the transaction does that holds the tenant's fence. */
export async function findTenantRows(db: Queryable, tenant: number): Promise<TenantRows> {
  const { rows } = await db.query<TenantRows>(
    `select exists (select from sync.partitions p where p.tenant = $1 and exists (
               select from sync.facts f where f.tenant = $1 and f.partition_no = p.partition_no and f.type = 6)) as "hasSightings",
            exists (select from sync.record_deletions where tenant = $1) as "hasDeletions",
            exists (select from sync.assertions where tenant = $1 and kind = 'lock_field' and revoked_at is null) as "hasLocks",
            exists (select from sync.aliases where tenant = $1) as "hasAliases",
            exists (select from sync.quarantine where tenant = $1) as "hasQuarantine",
            exists (select from sync.crowded_devices where tenant = $1) as "hasCrowds",
            exists (select from sync.seen_segments where tenant = $1)
              or exists (select from sync.absences where tenant = $1) as "hasPresence"`,
    [tenant],
  );
  const [found] = rows;
  invariant(found !== undefined, "a select without a table gives one row");
  return found;
}
