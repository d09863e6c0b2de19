import type { Tx } from "../db/tx.ts";

/**
 * Keeps the tenant's worker out for the length of the transaction, and makes it read anew what it may have in mind: its next
 * fence finds another epoch.
 */
export async function takeOver(open: Tx, tenant: number): Promise<void> {
  await open.query("update sync.tenant_ingest set epoch = epoch + 1 where tenant = $1", [tenant]);
}
