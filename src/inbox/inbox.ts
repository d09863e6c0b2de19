/**
 * The durable inbox: chunks that were acknowledged and are not worked yet, and the ledger that recognises a resend.
 * A chunk's ledger row and body are committed together before the gateway answers; its body goes in the transaction
 * that writes its records. Locks: ledger row, then inbox row.
 */
import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { sha256 } from "../lib/hash.ts";
import { packBody, unpackBody } from "./body.ts";
import { readySql, type Coalescing } from "./ready.ts";
import type { Sender } from "./sender.ts";

/** The ledger's chunk index of a run's manifest. */
export const MANIFEST_INDEX = -1;

/** Beginning of the run id of an observation of an agent's own host. */
export const HELLO_RUN = "hello:";

/** What names a chunk: the ledger's key inside a tenant. */
export interface ChunkKey {
  readonly agentId: string;
  readonly runId: string;
  readonly chunkIndex: number;
}

/** A chunk as the gateway took it from the wire. */
export interface ArrivedChunk extends ChunkKey {
  readonly sender: Sender;
  readonly message: Uint8Array;
  /** Whether this is the last chunk of a run that no manifest will end. */
  readonly endsRun?: boolean;
}

/** `stored`: committed now. `known`: committed before, byte for byte. `conflict`: another message has this key. */
export type PutOutcome = "stored" | "known" | "conflict";

/** How long an agent is asked to wait when its tenant's inbox is full, ms: the time to work about one chunk. */
const FULL_RETRY_MS = 2_000;

/**
 * Commits a chunk, or recognises it. When it returns `stored` or `known` the chunk will be worked, whatever dies.
 * Throws `inbox_full` (retry after a delay) where the tenant has `chunksMax` unworked chunks.
 */
export async function putChunk(
  db: Db,
  tenant: number,
  chunk: ArrivedChunk & { readonly chunksMax: number },
): Promise<PutOutcome> {
  const { agentId, runId, chunkIndex, sender, message, endsRun = false, chunksMax } = chunk;
  const digest = sha256(message);
  const before = await knownDigest(db, tenant, chunk);
  if (before !== undefined) return before.equals(digest) ? "known" : "conflict";
  if (await isFull(db, tenant, chunksMax)) {
    throw new SyncError("inbox_full", `inbox holds ${chunksMax} chunks that are not worked yet`, {
      retry: { afterMs: FULL_RETRY_MS },
    });
  }
  const body = await packBody(message);
  // One statement, so one commit: either both rows are there or none.
  const { count } = await db.query(
    `with known as (
       insert into sync.ledger (tenant, agent_id, run_id, chunk_index, sha256) values ($1, $2, $3, $4, $5)
       on conflict do nothing returning 1)
     insert into sync.inbox (tenant, agent_id, run_id, chunk_index, sender, raw_bytes, body, ends_run)
     select $1, $2, $3, $4, $6, $7, $8, $9 from known`,
    [tenant, agentId, runId, chunkIndex, digest, sender, message.length, body, endsRun],
  );
  if (count > 0) return "stored";
  const raced = await knownDigest(db, tenant, chunk);
  return raced?.equals(digest) === true ? "known" : "conflict";
}

async function knownDigest(
  db: Queryable,
  tenant: number,
  { agentId, runId, chunkIndex }: ChunkKey,
): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ sha256: Buffer }>(
    "select sha256 from sync.ledger where tenant = $1 and agent_id = $2 and run_id = $3 and chunk_index = $4",
    [tenant, agentId, runId, chunkIndex],
  );
  return rows[0]?.sha256;
}

async function isFull(db: Queryable, tenant: number, chunksMax: number): Promise<boolean> {
  const { rows } = await db.query<{ waiting: number }>(
    `select count(*)::int as waiting from (
       select 1 from sync.inbox where tenant = $1 and parked_reason is null limit $2) w`,
    [tenant, chunksMax],
  );
  return (rows[0]?.waiting ?? 0) >= chunksMax;
}

/** A chunk that waits, with its message. */
export interface WaitingChunk extends ArrivedChunk {
  readonly inboxNo: number;
  readonly receivedMs: number;
  readonly attempts: number;
}

type InboxRow = {
  inbox_no: number;
  agent_id: string;
  run_id: string;
  chunk_index: number;
  sender: Sender;
  received_at: number;
  raw_bytes: number;
  body: Buffer;
  ends_run: boolean;
  attempts: number;
};

/** The oldest waiting chunks of a tenant that are to be worked now, in order of arrival; parked ones are passed over. */
export async function waitingChunks(
  tx: Tx,
  tenant: number,
  { limit, waitMs = 0 }: Coalescing,
): Promise<WaitingChunk[]> {
  const { rows } = await tx.query<InboxRow>(
    `select inbox_no, agent_id, run_id, chunk_index, sender, received_at, raw_bytes, body, ends_run, attempts
       from sync.inbox where tenant = $1 and parked_reason is null
        and ${readySql({ tenant: "$1::int", limit: "$2::int", waitMs: "$3::int" })}
      order by inbox_no limit $2`,
    [tenant, limit, waitMs],
  );
  return await Promise.all(
    rows.map(async (row) => ({
      inboxNo: row.inbox_no,
      agentId: row.agent_id,
      runId: row.run_id,
      chunkIndex: row.chunk_index,
      sender: row.sender,
      receivedMs: row.received_at,
      attempts: row.attempts,
      endsRun: row.ends_run,
      message: await unpackBody(row.body, row.raw_bytes),
    })),
  );
}

/** A chunk that was worked, and how many entries it was found to hold. */
export interface WorkedChunk extends ChunkKey {
  readonly inboxNo: number;
  readonly entries: number;
}

/** Marks chunks worked, in the transaction that wrote their records. */
export async function finishChunks(
  tx: Tx,
  tenant: number,
  chunks: readonly WorkedChunk[],
): Promise<void> {
  await tx.query(
    `update sync.ledger l set worked_at = now(), entries = u.e
       from unnest($2::text[], $3::text[], $4::int[], $5::int[]) u(a, r, c, e)
      where l.tenant = $1 and l.agent_id = u.a and l.run_id = u.r and l.chunk_index = u.c`,
    [
      tenant,
      chunks.map((c) => c.agentId),
      chunks.map((c) => c.runId),
      chunks.map((c) => c.chunkIndex),
      chunks.map((c) => c.entries),
    ],
  );
  await tx.query("delete from sync.inbox where tenant = $1 and inbox_no = any($2::bigint[])", [
    tenant,
    chunks.map((c) => c.inboxNo),
  ]);
}

/** Notes a chunk that is worked as it arrives, in the transaction that works it. False where its key is known: nothing was written then. */
export async function noteWorked(
  tx: Tx,
  tenant: number,
  { agentId, runId, chunkIndex, message, entries }: ArrivedChunk & { readonly entries: number },
): Promise<boolean> {
  const { count } = await tx.query(
    `insert into sync.ledger (tenant, agent_id, run_id, chunk_index, sha256, worked_at, entries)
     values ($1, $2, $3, $4, $5, now(), $6) on conflict do nothing`,
    [tenant, agentId, runId, chunkIndex, sha256(message), entries],
  );
  return count > 0;
}

/** Sets a chunk aside with the reason, so that those behind it go on; it stays until an operator retries it. */
export async function parkChunk(
  db: Queryable,
  tenant: number,
  { inboxNo, reason }: { readonly inboxNo: number; readonly reason: string },
): Promise<void> {
  await db.query(
    "update sync.inbox set parked_reason = $3, attempts = attempts + 1 where tenant = $1 and inbox_no = $2",
    [tenant, inboxNo, reason],
  );
}

/** The chunk that is worked next: what identifies it, without its body. */
export async function firstWaiting(
  db: Queryable,
  tenant: number,
): Promise<(ChunkKey & { readonly inboxNo: number }) | undefined> {
  const { rows } = await db.query<{
    inbox_no: number;
    agent_id: string;
    run_id: string;
    chunk_index: number;
  }>(
    `select inbox_no, agent_id, run_id, chunk_index from sync.inbox
      where tenant = $1 and parked_reason is null order by inbox_no limit 1`,
    [tenant],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    inboxNo: row.inbox_no,
    agentId: row.agent_id,
    runId: row.run_id,
    chunkIndex: row.chunk_index,
  };
}

/** Lets a parked chunk be worked again, in its old place. False if it is not parked. */
export async function retryChunk(db: Queryable, tenant: number, inboxNo: number): Promise<boolean> {
  const { count } = await db.query(
    "update sync.inbox set parked_reason = null where tenant = $1 and inbox_no = $2 and parked_reason is not null",
    [tenant, inboxNo],
  );
  return count > 0;
}

/** What there is of a parked chunk. */
export interface ParkedMessage {
  /** As it came, or, where `damage` says why it cannot be had, its body as it is stored, compressed with zstd. */
  readonly bytes: Buffer;
  readonly damage?: string | undefined;
}

/** The message of a parked chunk; undefined where there is no such. */
export async function parkedMessage(
  db: Queryable,
  tenant: number,
  inboxNo: number,
): Promise<ParkedMessage | undefined> {
  const { rows } = await db.query<{ body: Buffer; raw_bytes: number }>(
    "select body, raw_bytes from sync.inbox where tenant = $1 and inbox_no = $2 and parked_reason is not null",
    [tenant, inboxNo],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  try {
    return { bytes: await unpackBody(row.body, row.raw_bytes) };
  } catch (thrown) {
    return { bytes: row.body, damage: messageOf(thrown) };
  }
}
