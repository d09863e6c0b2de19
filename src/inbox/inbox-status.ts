import type { Queryable } from "../db/session.ts";

/** A chunk that was set aside, with the reason. */
export interface ParkedChunk {
  readonly inboxNo: number;
  readonly agentId: string;
  readonly runId: string;
  readonly chunkIndex: number;
  readonly receivedMs: number;
  readonly rawBytes: number;
  readonly attempts: number;
  readonly reason: string;
}

/** What lies between a tenant's agents and its inventory. */
export interface InboxStatus {
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly oldestMs: number | undefined;
  readonly parked: number;
  /** Worked batches and retractions whose devices are not published yet. */
  readonly unpublished: number;
  /** Publications that the storm brake holds. */
  readonly held: number;
  readonly parkedChunks: readonly ParkedChunk[];
}

/** Counts a tenant's inbox; lists at most `limit` of its parked chunks, oldest first. */
export async function inboxStatus(
  db: Queryable,
  tenant: number,
  limit: number,
): Promise<InboxStatus> {
  const { rows } = await db.query<{
    waiting: number;
    waiting_bytes: number;
    oldest: number | null;
    parked: number;
    unpublished: number;
    held: number;
  }>(
    `select count(*) filter (where parked_reason is null) as waiting,
            coalesce(sum(raw_bytes) filter (where parked_reason is null), 0) as waiting_bytes,
            min(received_at) filter (where parked_reason is null) as oldest,
            count(*) filter (where parked_reason is not null) as parked,
            (select count(*) from sync.dirty where tenant = $1)
              + (select count(*) from sync.retractions where tenant = $1 and state = 'due') as unpublished,
            (select count(*) from sync.holds where tenant = $1 and ended_at is null) as held
       from sync.inbox where tenant = $1`,
    [tenant],
  );
  const [counts] = rows;
  return {
    waiting: counts?.waiting ?? 0,
    waitingBytes: counts?.waiting_bytes ?? 0,
    oldestMs: counts?.oldest ?? undefined,
    parked: counts?.parked ?? 0,
    unpublished: counts?.unpublished ?? 0,
    held: counts?.held ?? 0,
    parkedChunks: await parkedChunks(db, tenant, { limit }),
  };
}

/** A tenant's parked chunks, oldest first, after a number. */
export async function parkedChunks(
  db: Queryable,
  tenant: number,
  { after = 0, limit }: { readonly after?: number; readonly limit: number },
): Promise<readonly ParkedChunk[]> {
  const { rows } = await db.query<{
    inbox_no: number;
    agent_id: string;
    run_id: string;
    chunk_index: number;
    received_at: number;
    raw_bytes: number;
    attempts: number;
    parked_reason: string;
  }>(
    `select inbox_no, agent_id, run_id, chunk_index, received_at, raw_bytes, attempts, parked_reason
       from sync.inbox where tenant = $1 and parked_reason is not null and inbox_no > $2 order by inbox_no limit $3`,
    [tenant, after, limit],
  );
  return rows.map((row) => ({
    inboxNo: row.inbox_no,
    agentId: row.agent_id,
    runId: row.run_id,
    chunkIndex: row.chunk_index,
    receivedMs: row.received_at,
    rawBytes: row.raw_bytes,
    attempts: row.attempts,
    reason: row.parked_reason,
  }));
}
