/** SQL of rehearsals: the recorded chunks that wait to be rehearsed, and what was promised. */
import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx } from "../db/tx.ts";
import { packBody, unpackBody } from "../inbox/body.ts";
import { columns } from "./record-store.ts";
import type { ChangeDetail, ChangeKind, Changes } from "./rehearsal-change.ts";

/** What a complete run of the rehearsed updates does, in counts. */
export interface Promised {
  readonly entries: number;
  readonly rejected: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
  /** Records that the source had not named before, changed ones, and those that stay as they are. */
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Published ids that become aliases, as a run counts them. */
  readonly merged: number;
  readonly devicesCreated: number;
  readonly devicesUpdated: number;
  /** Published devices that turn out to be another one. */
  readonly devicesMerged: number;
  /** Devices known by address alone that turn out to be another one. */
  readonly addressesClaimed: number;
  /** Values and pairs that no longer, or not, join records. */
  readonly conflicts: number;
  /** Records of the source that the updates do not name, and devices that stand on such records alone. */
  readonly retractions: number;
  readonly devicesRetracted: number;
  /** Records that the source has without this run, and how long the rehearsal took, ms. */
  readonly recordsBefore: number;
  readonly tookMs: number;
}

/** A rehearsal. */
export interface Rehearsal {
  readonly rehearsalNo: number;
  readonly instance: string;
  /** The agent that sends the updates; undefined: an operator adds them. */
  readonly agentId: string | undefined;
  readonly actor: string;
  readonly state: "loading" | "playing" | "done" | "failed";
  readonly error: string | undefined;
  readonly chunks: number;
  readonly bytes: number;
  readonly createdMs: number;
  readonly endedMs: number | undefined;
  readonly promised: Promised | undefined;
  /** How often it was taken to be played: the newest number is the right to end it. */
  readonly plays: number;
}

type RehearsalRow = {
  rehearsal_no: number;
  instance: string;
  agent_id: string | null;
  actor: string;
  state: Rehearsal["state"];
  error: string | null;
  chunks: number;
  bytes: number;
  created_at: number;
  ended_at: number | null;
  promise: Promised | null;
  plays: number;
};
const COLUMNS =
  "rehearsal_no, instance, agent_id, actor, state, error, chunks, bytes, created_at, ended_at, promise, plays";

function rehearsalOf(row: RehearsalRow): Rehearsal {
  return {
    rehearsalNo: row.rehearsal_no,
    instance: row.instance,
    agentId: row.agent_id ?? undefined,
    actor: row.actor,
    state: row.state,
    error: row.error ?? undefined,
    chunks: row.chunks,
    bytes: row.bytes,
    createdMs: row.created_at,
    endedMs: row.ended_at ?? undefined,
    promised: row.promise ?? undefined,
    plays: row.plays,
  };
}

/** Opens a rehearsal that chunks can be added to. Those that nobody ended for a day go. */
export async function openRehearsal(
  db: Db,
  tenant: number,
  { instance, agentId, actor }: Pick<Rehearsal, "instance" | "actor"> & Partial<Rehearsal>,
): Promise<Rehearsal> {
  return await tx(db, async (open) => {
    await open.query("select tenant from sync.tenants where tenant = $1 for update", [tenant]);
    await endStaleRehearsals(open, tenant);
    const { rows } = await open.query<RehearsalRow>(
      `insert into sync.rehearsals (tenant, rehearsal_no, instance, actor, agent_id)
       select $1, coalesce(max(rehearsal_no), 0) + 1, $2, $3, $4 from sync.rehearsals where tenant = $1
       returning ${COLUMNS}`,
      [tenant, instance, actor, agentId ?? null],
    );
    return rows.map(rehearsalOf)[0] as Rehearsal;
  });
}

/** Ends those that were left: their agent or core went away. Nobody loads or plays one for a day. */
export async function endStaleRehearsals(db: Queryable, tenant: number): Promise<void> {
  await db.query(
    `with stale as (
       update sync.rehearsals set state = 'failed', error = 'never ended', ended_at = now()
        where tenant = $1 and state in ('loading', 'playing') and created_at < now() - interval '1 day' returning rehearsal_no)
     delete from sync.rehearsal_chunks c using stale s where c.tenant = $1 and c.rehearsal_no = s.rehearsal_no`,
    [tenant],
  );
}

/** Rehearsals, newest first, those before `before`. */
export async function listRehearsals(
  db: Queryable,
  tenant: number,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<readonly Rehearsal[]> {
  const { rows } = await db.query<RehearsalRow>(
    `select ${COLUMNS} from sync.rehearsals where tenant = $1 and rehearsal_no < coalesce($2::int, 2147483647)
      order by rehearsal_no desc limit $3`,
    [tenant, before, limit],
  );
  return rows.map(rehearsalOf);
}

/** One rehearsal. */
export async function findRehearsal(
  db: Queryable,
  tenant: number,
  rehearsalNo: number,
): Promise<Rehearsal | undefined> {
  const { rows } = await db.query<RehearsalRow>(
    `select ${COLUMNS} from sync.rehearsals where tenant = $1 and rehearsal_no = $2`,
    [tenant, rehearsalNo],
  );
  return rows.map(rehearsalOf)[0];
}

/** The newest promise that a run of this instance can be held to: made before it began, and no other complete run between. */
export async function promiseFor(
  db: Queryable,
  tenant: number,
  run: { readonly instance: string; readonly runNo: number; readonly startedMs: number },
): Promise<Rehearsal | undefined> {
  const { rows } = await db.query<RehearsalRow>(
    `select ${COLUMNS} from sync.rehearsals h
      where tenant = $1 and instance = $2 and state = 'done' and ended_at < to_timestamp($3 / 1000.0)
        and not exists (
          select from sync.runs r join sync.instances i using (tenant, instance_no)
           where r.tenant = $1 and i.name = $2 and r.run_no < $4 and r.outcome = 'success' and r.started_at > h.ended_at)
      order by rehearsal_no desc limit 1`,
    [tenant, run.instance, run.startedMs, run.runNo],
  );
  return rows.map(rehearsalOf)[0];
}

/** Adds a recorded chunk to a rehearsal that is still open; gives how many it has now, undefined where it is not open. */
export async function addChunk(
  db: Db,
  tenant: number,
  { rehearsalNo, message }: { readonly rehearsalNo: number; readonly message: Uint8Array },
): Promise<number | undefined> {
  const body = await packBody(message);
  return await tx(db, async (open) => {
    const { rows } = await open.query<{ chunks: number }>(
      `update sync.rehearsals set chunks = chunks + 1, bytes = bytes + $3
        where tenant = $1 and rehearsal_no = $2 and state = 'loading' and agent_id is null returning chunks`,
      [tenant, rehearsalNo, message.length],
    );
    const chunks = rows[0]?.chunks;
    if (chunks === undefined) return undefined;
    await open.query(
      `insert into sync.rehearsal_chunks (tenant, rehearsal_no, chunk_no, raw_bytes, body) values ($1, $2, $3, $4, $5)`,
      [tenant, rehearsalNo, chunks, message.length, body],
    );
    return chunks;
  });
}

/** One recorded chunk, as it was added; chunks count from 1. */
export async function readChunk(
  db: Queryable,
  tenant: number,
  { rehearsalNo, chunkNo }: { readonly rehearsalNo: number; readonly chunkNo: number },
): Promise<Buffer> {
  const { rows } = await db.query<{ raw_bytes: number; body: Buffer }>(
    `select raw_bytes, body from sync.rehearsal_chunks where tenant = $1 and rehearsal_no = $2 and chunk_no = $3`,
    [tenant, rehearsalNo, chunkNo],
  );
  const [row] = rows;
  return row === undefined ? Buffer.from("[]") : await unpackBody(row.body, row.raw_bytes);
}

/**
 * Ends a rehearsal with what it promises, or with why there is no promise; its chunks go. False where it has ended, or, for who says
 * which number of `plays` is theirs, where another has taken it since: a core that was frozen for so long.
 */
export async function endRehearsal(
  db: Db,
  tenant: number,
  end: {
    readonly rehearsalNo: number;
    readonly promised?: Promised;
    readonly changes?: Changes;
    readonly error?: string;
    readonly plays?: number;
  },
): Promise<boolean> {
  const { rehearsalNo, promised, error, plays } = end;
  const changes: Changes = end.changes ?? new Map();
  const listed = [...changes].flatMap(([kind, details]) =>
    details.map((detail, i) => ({ kind, rowNo: i + 1, detail })),
  );
  return await tx(db, async (open) => {
    const { count } = await open.query(
      `update sync.rehearsals set state = $3, error = $4, promise = $5, ended_at = now()
        where tenant = $1 and rehearsal_no = $2 and ended_at is null and plays = coalesce($6::int, plays)`,
      [tenant, rehearsalNo, promised === undefined ? "failed" : "done", error, promised, plays],
    );
    if (count === 0) return false;
    await open.query(
      `insert into sync.rehearsal_rows (tenant, rehearsal_no, kind, row_no, detail)
       select $1, $2, u.* from unnest($3::text[], $4::int[], $5::json[]) u`,
      [
        tenant,
        rehearsalNo,
        ...columns(
          listed,
          (row) => row.kind,
          (row) => row.rowNo,
          (row) => JSON.stringify(row.detail),
        ),
      ],
    );
    await open.query("delete from sync.rehearsal_chunks where tenant = $1 and rehearsal_no = $2", [
      tenant,
      rehearsalNo,
    ]);
    return true;
  });
}

/** Listed changes of one kind, those after row `after`. */
export async function readChanges(
  db: Queryable,
  tenant: number,
  wanted: {
    readonly rehearsalNo: number;
    readonly kind: ChangeKind;
    readonly after: number;
    readonly limit: number;
  },
): Promise<readonly { readonly rowNo: number; readonly detail: ChangeDetail }[]> {
  const { rows } = await db.query<{ row_no: number; detail: ChangeDetail }>(
    `select row_no, detail from sync.rehearsal_rows
      where tenant = $1 and rehearsal_no = $2 and kind = $3 and row_no > $4 order by row_no limit $5`,
    [tenant, wanted.rehearsalNo, wanted.kind, wanted.after, wanted.limit],
  );
  return rows.map((row) => ({ rowNo: row.row_no, detail: row.detail }));
}
