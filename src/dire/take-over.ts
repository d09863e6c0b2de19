import type { Tx } from "../db/tx.ts";

/** Makes every process read anew what it may have in mind of the tenant's records. */
export async function makeReadAnew(open: Tx, tenant: number): Promise<void> {
  await open.query("update sync.tenant_ingest set take_overs = take_overs + 1 where tenant = $1", [
    tenant,
  ]);
}

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
