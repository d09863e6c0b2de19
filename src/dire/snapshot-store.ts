/** SQL of rehearsals whose chunks an agent sends: each chunk once, and played once. */
import type { Db } from "../db/pool.ts";
import { packBody } from "../inbox/body.ts";

/** A chunk of a snapshot; `chunkNo` counts from 1. */
export interface SnapshotChunk {
  readonly rehearsalNo: number;
  readonly agentId: string;
  readonly chunkNo: number;
  readonly message: Uint8Array;
}

/** Chunks of one snapshot: 3 MB each, so some four million devices. An agent that sends without end is refused, and its rehearsal fails. */
const CHUNKS_MAX = 2_000;

/** Commits a chunk, or finds it there. False where the rehearsal is not this agent's, or takes no chunks any more. */
export async function addSnapshotChunk(
  db: Db,
  tenant: number,
  { rehearsalNo, agentId, chunkNo, message }: SnapshotChunk,
): Promise<boolean> {
  const body = await packBody(message);
  const { rows } = await db.query<{ is_open: boolean }>(
    `with open as (
       select rehearsal_no from sync.rehearsals
        where tenant = $1 and rehearsal_no = $2 and agent_id = $3 and state = 'loading'
          and chunks < $7 for update),
     added as (
       insert into sync.rehearsal_chunks (tenant, rehearsal_no, chunk_no, raw_bytes, body)
       select $1, rehearsal_no, $4, $5, $6 from open on conflict do nothing returning chunk_no),
     counted as (
       update sync.rehearsals set chunks = chunks + 1, bytes = bytes + $5
        where tenant = $1 and rehearsal_no = $2 and exists (select from added))
     select exists (select from open) as is_open`,
    [tenant, rehearsalNo, agentId, chunkNo, message.length, body, CHUNKS_MAX],
  );
  return rows[0]?.is_open === true;
}

/** Takes a rehearsal to be played, which happens once. False where it was taken, or has ended. */
export async function claimRehearsal(
  db: Db,
  tenant: number,
  rehearsalNo: number,
): Promise<boolean> {
  const { count } = await db.query(
    "update sync.rehearsals set state = 'playing' where tenant = $1 and rehearsal_no = $2 and state = 'loading'",
    [tenant, rehearsalNo],
  );
  return count > 0;
}

/** Whether a rehearsal waits for chunks of this agent. */
export async function isLoadingFrom(
  db: Db,
  tenant: number,
  { rehearsalNo, agentId }: Pick<SnapshotChunk, "rehearsalNo" | "agentId">,
): Promise<boolean> {
  const { rows } = await db.query(
    "select 1 from sync.rehearsals where tenant = $1 and rehearsal_no = $2 and agent_id = $3 and state = 'loading'",
    [tenant, rehearsalNo, agentId],
  );
  return rows.length > 0;
}
