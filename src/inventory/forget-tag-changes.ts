/**
 * Changes of tags come to an end: one that nobody goes on with ends as it stands, and what ended long ago is forgotten, a bounded
 * number of rows at a time. The tags stay.
 */
import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import { joinByHash } from "./device-tags.ts";

/** When a change ends that nobody goes on with, days: who began one goes on at once, and a week outlasts an outage. */
const LEFT_DAYS = 7;
/** Tags that one transaction forgets: a fraction of a second. */
const BATCH = 5_000;

/** Which changes are forgotten, and how many rows at a time. */
export interface Forgetting {
  /** Since a change ended. */
  readonly days: number;
  readonly batch?: number | undefined;
}

/** Forgets changes that ended so many days ago, and with them that they can be taken back. Gives how many changes went. */
export async function forgetTagChanges(
  db: Db,
  tenant: number,
  { days, batch = BATCH }: Forgetting,
): Promise<number> {
  await endLeft(db, tenant);
  for (let forgotten = 0; ;) {
    const part = await tx(db, (open) => forgetPart(open, tenant, { days, batch }));
    if (part === undefined) return forgotten;
    if (part.tags === batch) continue;
    await db.query(
      "delete from sync.tag_changes where tenant = $1 and change_no = $2 and is_forgotten",
      [tenant, part.change_no],
    );
    forgotten += 1;
  }
}

async function endLeft(db: Queryable, tenant: number): Promise<void> {
  await db.query(
    `update sync.tag_changes set state = 'stopped', ended_at = now()
      where tenant = $1 and state in ('running', 'undoing') and worked_at < now() - make_interval(days => $2)`,
    [tenant, LEFT_DAYS],
  );
}

/** Some tags of the oldest change; from then on nobody finds it, so that none is taken back by halves. */
async function forgetPart(
  open: Tx,
  tenant: number,
  { days, batch }: Required<Forgetting>,
): Promise<{ readonly change_no: number; readonly tags: number } | undefined> {
  await joinByHash(open);
  const { rows } = await open.query<{ change_no: number; tags: number }>(
    `with due as materialized (
       select change_no from sync.tag_changes
        where tenant = $1 and (is_forgotten or ended_at < now() - make_interval(days => $2))
        order by change_no limit 1 for update skip locked),
     old as (
       update sync.tag_changes c set is_forgotten = true from due
        where c.tenant = $1 and c.change_no = due.change_no returning c.change_no),
     part as materialized (
       select g.change_no, g.device_id, g.key from sync.tagged g
        where g.tenant = $1 and g.change_no = (select change_no from old) order by g.device_id, g.key limit $3),
     gone as (
       delete from sync.tagged g using part p
        where g.tenant = $1 and g.change_no = p.change_no and g.device_id = p.device_id and g.key = p.key),
     emptied as (
       delete from sync.device_tags t using part p
        where t.tenant = $1 and t.device_id = p.device_id and t.key = p.key and t.change_no = p.change_no and t.value is null)
     select change_no, (select count(*) from part)::int as tags from old`,
    [tenant, days, batch],
  );
  return rows[0];
}
