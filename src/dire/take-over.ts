import type { Tx } from "../db/tx.ts";

/**
 * Keeps the tenant's worker out for the length of the transaction, and makes every process read anew what it may have in mind: the
 * next fence finds another epoch, and one take-over more.
 */
export async function takeOver(open: Tx, tenant: number): Promise<void> {
  await open.query(
    "update sync.tenant_ingest set epoch = epoch + 1, take_overs = take_overs + 1 where tenant = $1",
    [tenant],
  );
}
