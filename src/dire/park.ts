/** Sets aside a chunk that cannot be worked, as long as nobody else works its tenant. */
import type { Db } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import { firstWaiting, parkChunk, type ChunkKey } from "../inbox/inbox.ts";
import { fence, type Lease } from "../inbox/lease.ts";

/** What identifies a chunk that waits. */
export interface Parked extends ChunkKey {
  readonly inboxNo: number;
}

/**
 * Parks the chunk that failed, or the one that waits longest where none was read; undefined where none waits. In a
 * transaction behind the fence: whoever lost the lease since knows nothing of what waits now, and a chunk that another has in
 * hand may be a good one. Throws `lease_lost`, transient.
 */
export async function parkFailed(
  db: Db,
  lease: Lease,
  { failed, reason }: { readonly failed: Parked | undefined; readonly reason: string },
): Promise<Parked | undefined> {
  const { tenant } = lease;
  return await tx(db, async (open) => {
    await fence(open, lease);
    const parked = failed ?? (await firstWaiting(open, tenant));
    if (parked !== undefined) await parkChunk(open, tenant, { inboxNo: parked.inboxNo, reason });
    return parked && keyOf(parked);
  });
}

/** Without the message, which nobody wants in a log. */
function keyOf({ inboxNo, agentId, runId, chunkIndex }: Parked): Parked {
  return { inboxNo, agentId, runId, chunkIndex };
}
