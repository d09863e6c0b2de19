/**
 * Works a chunk as it arrives, in place of the inbox, where all that it says is that its records are as they were: most chunks of most
 * runs. Its body is then never written, which is what a sync in which nothing changed would mostly write.
 */
import type { Db } from "../db/pool.ts";
import type { Tx } from "../db/tx.ts";
import { firstWaiting, noteWorked, type ArrivedChunk } from "../inbox/inbox.ts";
import { fenceIdle } from "../inbox/lease.ts";
import { nextSeqOf, type Recalls } from "./recall-store.ts";
import { txInMind } from "./tx-in-mind.ts";
import { entriesIn, readIn, sortedOf, workSorted, type WorkedChunks } from "./work.ts";

/**
 * Commits the chunk with what it says; undefined where it has to go into the inbox, and nothing was written then: it says something
 * new, its key is known, chunks of the tenant wait before it, or somebody works the tenant at the moment.
 */
export async function takeRepeated(
  db: Db,
  tenant: number,
  { chunk, recalls }: { readonly chunk: ArrivedChunk; readonly recalls: Recalls },
): Promise<WorkedChunks | undefined> {
  return await txInMind(db, { tenant, recalls }, (open) => take(open, tenant, { chunk, recalls }));
}

async function take(
  open: Tx,
  tenant: number,
  { chunk, recalls }: { readonly chunk: ArrivedChunk; readonly recalls: Recalls },
): Promise<WorkedChunks | undefined> {
  const fenced = await fenceIdle(open, tenant);
  if (fenced === undefined) return undefined;
  if ((await firstWaiting(open, tenant)) !== undefined) return undefined;
  const recall = await recalls.open(open, tenant, fenced);
  if (recall === undefined) {
    // Where nothing is known yet, a chunk is not cut only to count what might have been spared.
    recalls.miss(tenant, entriesIn([chunk]));
    return undefined;
  }
  const arrived = { ...chunk, inboxNo: 0, receivedMs: fenced.nowMs, attempts: 0 };
  const { value: sorted } = await sortedOf([arrived], { recall }).next();
  if (sorted === undefined || readIn(sorted.sorted) > 0) return undefined;
  const entries = sorted.chunks.reduce((sum, each) => sum + each.entries, 0);
  if (!(await noteWorked(open, tenant, { ...chunk, entries }))) return undefined;
  const worked = await workSorted(open, tenant, { ...sorted, recall });
  recalls.keep(tenant, { nextSeq: await nextSeqOf(open, tenant) });
  return worked;
}
