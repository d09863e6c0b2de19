/**
 * Which plans a transaction's statements get. PostgreSQL plans with the values that a statement brings, and of a tenant that its
 * statistics do not know it expects one row at most: then every index that begins with the tenant looks as good as the one that has the
 * key, and a look-up may read all that the tenant has, each time. Measured: a tenant of 20,000 devices beside one of 50,000 that had been
 * analyzed took 15 to 70 s for each statement that reads 1,000 records by key. Planned for any tenant, it expects the average one.
 */
import type { Queryable } from "./session.ts";

/**
 * In the select or returning list of a transaction's first statement: those behind it are planned for any values. For work whose
 * statements look up many rows by key; one that shows a page of a tenant's rows had better be planned for that tenant.
 */
export const PLAN_BY_KEY = "set_config('plan_cache_mode', 'force_generic_plan', true)";

/** The same by itself, for a transaction that has no such statement. */
export async function planByKey(tx: Queryable): Promise<void> {
  await tx.query(`select ${PLAN_BY_KEY}`);
}
