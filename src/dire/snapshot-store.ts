/** SQL of rehearsals whose chunks an agent sends: each chunk once, and played once. */
import type { Db, TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
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

/** How often a core that plays a rehearsal says so, ms. */
export const PLAYING_EVERY_MS = 30_000;
/** Seconds without a word of it after which whoever played it is dead: four of them. */
const LEFT_SECONDS = 120;
/** Cores that may die while they play a rehearsal; what ends both is likely to end the next one too. */
const PLAYS_MAX = 2;
const IS_LEFT = `ended_at is null and whole_at is not null and plays < ${PLAYS_MAX}
  and coalesce(playing_at, whole_at) < now() - ${LEFT_SECONDS} * interval '1 second'`;

/**
 * Takes a rehearsal to be played, which happens once, or once more where whoever took it is dead. Gives the number of this taking, by
 * which it is ended; undefined where it was taken, or has ended.
 */
export async function claimRehearsal(
  db: Db,
  tenant: number,
  rehearsalNo: number,
): Promise<number | undefined> {
  const { rows } = await db.query<{ plays: number }>(
    `update sync.rehearsals set state = 'playing', playing_at = now(), plays = plays + 1
      where tenant = $1 and rehearsal_no = $2 and (state = 'loading' or state = 'playing' and ${IS_LEFT})
      returning plays`,
    [tenant, rehearsalNo],
  );
  return rows[0]?.plays;
}

/** Notes that all of a snapshot is here, so that it is played whatever becomes of this process. */
export async function noteWhole(db: Db, tenant: number, rehearsalNo: number): Promise<void> {
  await db.query(
    `update sync.rehearsals set whole_at = coalesce(whole_at, now())
      where tenant = $1 and rehearsal_no = $2 and ended_at is null`,
    [tenant, rehearsalNo],
  );
}

/** Says that a rehearsal is still being played, where nobody else has taken it since. */
export async function notePlaying(
  db: Db,
  tenant: number,
  { rehearsalNo, plays }: { readonly rehearsalNo: number; readonly plays: number },
): Promise<void> {
  await db.query(
    "update sync.rehearsals set playing_at = now() where tenant = $1 and rehearsal_no = $2 and state = 'playing' and plays = $3",
    [tenant, rehearsalNo, plays],
  );
}

/** Whole snapshots of all tenants that nobody plays: whoever was to do it is dead. */
export async function findLeft(
  dbs: TenantDbs,
): Promise<readonly { readonly tenant: number; readonly rehearsalNo: number }[]> {
  const { rows } = await dbs
    .across("rehearsals")
    .query<{ tenant: number; rehearsal_no: number }>(
      `select tenant, rehearsal_no from sync.rehearsals where ${IS_LEFT} order by whole_at`,
    );
  return rows.map(({ tenant, rehearsal_no: rehearsalNo }) => ({ tenant, rehearsalNo }));
}

/** Ends those that ended every core that played them. */
export async function endDeadly(db: Queryable, tenant: number): Promise<void> {
  await db.query(
    `with deadly as (
       update sync.rehearsals set state = 'failed', error = 'each core that played it ended before it did', ended_at = now()
        where tenant = $1 and state = 'playing' and plays >= ${PLAYS_MAX}
          and playing_at < now() - ${LEFT_SECONDS} * interval '1 second' returning rehearsal_no)
     delete from sync.rehearsal_chunks c using deadly d where c.tenant = $1 and c.rehearsal_no = d.rehearsal_no`,
    [tenant],
  );
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
