/** SQL of changes of tags: who wants what, how far it is, and what it did to which device. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { idOfUuid, uuidOf } from "./device-store.ts";

/** What is wanted. */
export interface TagsWanted {
  readonly actor: string;
  readonly reason: string;
  /** SRQL, a search text, or both. */
  readonly query: string | undefined;
  readonly q: string | undefined;
  /** Instead: just these. */
  readonly deviceIds: readonly CanonicalId[] | undefined;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
  readonly startedMs: number;
}

/** A change of tags. */
export interface TagChange extends TagsWanted {
  readonly changeNo: number;
  readonly state: "running" | "done" | "undoing" | "undone" | "stopped";
  readonly afterNo: number;
  /** Worked so far. */
  readonly devices: number;
  /** Tags that are other than before. */
  readonly changed: number;
  /** Tags that were taken back. */
  readonly restored: number;
  /** Tags that it had changed and that stay, because another change set them since. */
  readonly skipped: number;
  /** The last tag that was looked at for taking back. */
  readonly undonePlace: Pick<TaggedRow, "id" | "key"> | undefined;
  readonly endedMs: number | undefined;
}

type Row = {
  change_no: number;
  actor: string;
  reason: string;
  query: string | null;
  q: string | null;
  device_ids: string[] | null;
  added: Record<string, string>;
  removed: string[];
  state: TagChange["state"];
  after_no: number;
  devices: number;
  changed: number;
  restored: number;
  skipped: number;
  undone_id: string | null;
  undone_key: string | null;
  started_at: number;
  ended_at: number | null;
};
const COLUMNS =
  "change_no, actor, reason, query, q, device_ids, added, removed, state, after_no, devices, changed, restored, skipped, undone_id, undone_key, started_at, ended_at";

function changeOf(row: Row): TagChange {
  return {
    changeNo: row.change_no,
    actor: row.actor,
    reason: row.reason,
    query: row.query ?? undefined,
    q: row.q ?? undefined,
    deviceIds: row.device_ids?.map(idOfUuid),
    add: row.added,
    remove: row.removed,
    state: row.state,
    afterNo: row.after_no,
    devices: row.devices,
    changed: row.changed,
    restored: row.restored,
    skipped: row.skipped,
    undonePlace:
      row.undone_id === null || row.undone_key === null
        ? undefined
        : { id: idOfUuid(row.undone_id), key: row.undone_key },
    startedMs: row.started_at,
    endedMs: row.ended_at ?? undefined,
  };
}

/** Begins a change; nothing is worked yet. */
export async function openTagChange(
  tx: Tx,
  tenant: number,
  wanted: TagsWanted,
): Promise<TagChange> {
  const { rows } = await tx.query<Row>(
    `insert into sync.tag_changes (tenant, actor, reason, query, q, device_ids, added, removed, started_at)
     values ($1, $2, $3, $4, $5, $6::uuid[], $7, $8::text[], $9) returning ${COLUMNS}`,
    [
      tenant,
      wanted.actor,
      wanted.reason,
      wanted.query ?? null,
      wanted.q ?? null,
      wanted.deviceIds?.map(uuidOf) ?? null,
      JSON.stringify(wanted.add),
      wanted.remove,
      isoTime(wanted.startedMs),
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("invariant broken: an insert gives its row");
  return changeOf(row);
}

/** A change, held until the transaction ends where `isHeld`. */
export async function findTagChange(
  db: Queryable,
  tenant: number,
  { changeNo, isHeld = false }: { readonly changeNo: number; readonly isHeld?: boolean },
): Promise<TagChange | undefined> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from sync.tag_changes where tenant = $1 and change_no = $2 and not is_forgotten${isHeld ? " for update" : ""}`,
    [tenant, changeNo],
  );
  return rows[0] === undefined ? undefined : changeOf(rows[0]);
}

/** Changes, the newest first. */
export async function listTagChanges(
  db: Queryable,
  tenant: number,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<readonly TagChange[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from sync.tag_changes where tenant = $1 and ($2::int is null or change_no < $2) and not is_forgotten
      order by change_no desc limit $3`,
    [tenant, before ?? null, limit],
  );
  return rows.map(changeOf);
}

/** Notes how far a change is. */
export async function noteTagChange(tx: Tx, tenant: number, change: TagChange): Promise<void> {
  const { changeNo, state, afterNo, devices, changed, restored, skipped, endedMs } = change;
  const place = change.undonePlace;
  await tx.query(
    `update sync.tag_changes set worked_at = now(), state = $3, after_no = $4, devices = $5, changed = $6, restored = $7, ended_at = $8, skipped = $9,
            undone_id = $10, undone_key = $11
      where tenant = $1 and change_no = $2`,
    [
      tenant,
      changeNo,
      state,
      afterNo,
      devices,
      changed,
      restored,
      endedMs === undefined ? null : isoTime(endedMs),
      skipped,
      place === undefined ? null : uuidOf(place.id),
      place?.key ?? null,
    ],
  );
}

/** What became of one tag of one device. */
export interface TaggedRow {
  readonly id: CanonicalId;
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly isUndone: boolean;
}

/** What a change did, by device and key: those after `after`. */
export async function listTagged(
  db: Queryable,
  tenant: number,
  {
    changeNo,
    after,
    limit,
  }: {
    readonly changeNo: number;
    readonly after: Pick<TaggedRow, "id" | "key"> | undefined;
    readonly limit: number;
  },
): Promise<readonly TaggedRow[]> {
  const { rows } = await db.query<{
    device_id: string;
    key: string;
    before: string | null;
    after: string | null;
    is_undone: boolean;
  }>(
    `select device_id, key, before, after, is_undone from sync.tagged
      where tenant = $1 and change_no = $2 and ($3::uuid is null or (device_id, key) > ($3, $4))
      order by device_id, key limit $5`,
    [tenant, changeNo, after === undefined ? null : uuidOf(after.id), after?.key ?? null, limit],
  );
  return rows.map((row) => ({
    id: idOfUuid(row.device_id),
    key: row.key,
    before: row.before ?? undefined,
    after: row.after ?? undefined,
    isUndone: row.is_undone,
  }));
}
