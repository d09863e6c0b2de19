import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import type { Recalls } from "./recall-store.ts";

/**
 * Runs work in a transaction that fences the tenant. Where it fails, what it noted is forgotten while the fence still stands: the rollback
 * lets the next one have it, who would find a recall that is right by its number. A commit that fails is forgotten behind it; then the number is wrong.
 */
export async function txInMind<T>(
  db: Db,
  {
    tenant,
    recalls,
  }: { readonly tenant: number; readonly recalls: Pick<Recalls, "forget"> | undefined },
  work: (open: Tx) => Promise<T>,
): Promise<T> {
  const forgetting = async (working: Promise<T>): Promise<T> => {
    try {
      return await working;
    } catch (thrown) {
      recalls?.forget(tenant);
      throw thrown;
    }
  };
  return await forgetting(tx(db, (open) => forgetting(work(open))));
}
