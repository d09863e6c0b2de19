/** When a tenant's waiting chunks are worked: at once, or after a little while in which more of them may come. */

/** How chunks are brought together before they are worked. */
export interface Coalescing {
  /** Most chunks of one transaction: SYNC_INGESTOR_QUEUE_MAX_CHUNKS. As many are never waited for. */
  readonly limit: number;
  /** How long the oldest waits for others, ms: SYNC_INGESTOR_COALESCE_MS; default 0. */
  readonly waitMs?: number | undefined;
}

/** The ledger's index of a manifest; see inbox.ts. */
const RUN_END = "w.ends_run or w.chunk_index = -1";

/**
 * SQL that is true where a tenant has chunks that are to be worked now: a full transaction's worth, the end of a run, behind which
 * nothing is to come, or an oldest one that has waited long enough. `names` are SQL expressions.
 */
export function readySql(names: {
  readonly tenant: string;
  readonly limit: string;
  readonly waitMs: string;
}): string {
  return `exists (
    select from (
      select i.received_at, i.ends_run, i.chunk_index from sync.inbox i
       where i.tenant = ${names.tenant} and i.parked_reason is null order by i.inbox_no limit ${names.limit}) w
    having count(*) >= ${names.limit} or bool_or(${RUN_END})
        or min(w.received_at) <= now() - ${names.waitMs} * interval '1 ms')`;
}
