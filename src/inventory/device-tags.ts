/**
 * SQL of the tags that operators give, slice by slice. What a slice changes is noted with what stood before, so that it can be
 * taken back. A tenant's slices are worked one at a time.
 *
 * A tag knows the change that set it last, also where that left its value as it was, or took it away (a row without a value): the
 * latest word is that change's and no other's to take back. What changes made of one tag is a chain, each with what stands again
 * when it is taken back; one that is taken back from the middle hands that to the one above it.
 */
import type { Tx } from "../db/tx.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { idOfUuid, uuidOf } from "./device-store.ts";
import type { TaggedRow } from "./tag-changes.ts";

/** Devices of a slice, or tags that one takes back: under a second of one connection. */
export const SLICE_MAX = 5_000;

/** A published device. */
interface TaggedDevice {
  readonly deviceNo: number;
  readonly id: CanonicalId;
}

/** What is to be done to the tags of some devices. */
export interface Tagging {
  readonly changeNo: number;
  readonly devices: readonly TaggedDevice[];
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Holds the tenant's slices until the transaction ends; false while another is under way: two on the same devices would wait for each other. */
export async function takeSlices(tx: Tx, tenant: number): Promise<boolean> {
  const { rows } = await tx.query<{ is_held: boolean }>(
    "select pg_try_advisory_xact_lock(hashtext('sync.device_tags'), $1) as is_held",
    [tenant],
  );
  return rows[0]?.is_held === true;
}

/** Tags devices; gives how many tags are other than before. */
export async function tagDevices(tx: Tx, tenant: number, tagging: Tagging): Promise<number> {
  if (tagging.devices.length === 0) return 0;
  let changed = 0;
  for (const key of tagging.remove) {
    changed += await setTag(tx, tenant, { ...tagging, key, value: null });
  }
  for (const [key, value] of Object.entries(tagging.add)) {
    changed += await setTag(tx, tenant, { ...tagging, key, value });
  }
  return changed;
}

/** The devices' ids, with the row of the key that each has, and what is shown where an id that leads to the device has a later word. */
const GIVEN = `was as (
       select u.id as device_id, t.value, t.set_at, t.change_no,
              case when t.value is null or w.set_at > t.set_at then w.value else t.value end as shown
         from unnest($3::uuid[], $4::int[]) u(id, no)
         left join sync.device_tags t on t.tenant = $1 and t.device_id = u.id and t.key = $5
         left join (
           select distinct on (a.device_no) a.device_no, o.value, o.set_at
             from sync.aliases a join sync.device_tags o on o.tenant = $1 and o.device_id = a.device_id and o.key = $5
            where a.tenant = $1 and a.device_no = any($4::int[]) and o.value is not null
            order by a.device_no, o.set_at desc, o.device_id desc) w on w.device_no = u.no)`;

/** Every id that leads to the devices and has a row of the key: also one without a value, which is then this change's. */
const TAKEN = `was as (
       select t.device_id, t.value, t.set_at, t.change_no, t.value as shown from sync.device_tags t
        where t.tenant = $1 and t.key = $5 and (t.device_id = any($3::uuid[])
           or t.device_id in (select a.device_id from sync.aliases a where a.tenant = $1 and a.device_no = any($4::int[]))))`;

/** Gives a tag, or with null takes it; both make the tag the change's own. */
async function setTag(
  tx: Tx,
  tenant: number,
  {
    changeNo,
    devices,
    key,
    value,
  }: Tagging & { readonly key: string; readonly value: string | null },
): Promise<number> {
  // A device may be published anew while its change runs, and met again. If another change set the tag meanwhile, this one moves
  // from below it to above.
  const { rows } = await tx.query<{ changed: number }>(
    `with ${value === null ? TAKEN : GIVEN},
     met as materialized (select * from was where change_no is distinct from $2),
     now as (
       insert into sync.device_tags as t (tenant, device_id, key, value, change_no)
       select $1, met.device_id, $5, $6, $2 from met order by met.device_id
       on conflict (tenant, device_id, key) do update
          set value = excluded.value, set_at = clock_timestamp(), change_no = excluded.change_no),
     moved as (
       update sync.tagged n set back = o.back, back_at = o.back_at, back_no = o.back_no
         from met join sync.tagged o on o.tenant = $1 and o.change_no = $2 and o.device_id = met.device_id and o.key = $5
        where n.tenant = $1 and n.back_no = $2 and n.device_id = met.device_id and n.key = $5 and not n.is_undone),
     noted as (
       insert into sync.tagged as g (tenant, change_no, device_id, key, before, after, back, back_at, back_no)
       select $1, $2, met.device_id, $5, met.value, $6, met.value, met.set_at, met.change_no from met
       on conflict (tenant, change_no, device_id, key) do update
          set after = excluded.after, back = excluded.back, back_at = excluded.back_at, back_no = excluded.back_no)
     select count(*) filter (where shown is distinct from $6)::int as changed from met`,
    [
      tenant,
      changeNo,
      devices.map(({ id }) => uuidOf(id)),
      devices.map(({ deviceNo }) => deviceNo),
      key,
      value,
    ],
  );
  return rows[0]?.changed ?? 0;
}

/** Before all others. */
const NO_UUID = "00000000-0000-0000-0000-000000000000";

/**
 * Until the transaction ends joins are by hash. What was just written has no statistics: the planner expects one row of a part of
 * thousands and compares each with all that the change did: 100,000 tags were not taken back in 90 s, and by hash in 5 s.
 */
export async function joinByHash(tx: Tx): Promise<void> {
  await tx.query("set local enable_nestloop = off");
}

/** What a slice of taking back did. */
export interface Restored {
  readonly looked: number;
  /** Tags that are other than before. */
  readonly restored: number;
  /** Tags that it had changed and that stay, because another change set them since. */
  readonly skipped: number;
  /** The last that was looked at. */
  readonly place: Pick<TaggedRow, "id" | "key"> | undefined;
}

/** Takes back some of what a change did, after `place`; a tag that another change set since stays as it is. */
export async function restoreTags(
  tx: Tx,
  tenant: number,
  { changeNo, place }: { readonly changeNo: number; readonly place: Restored["place"] },
): Promise<Restored> {
  await joinByHash(tx);
  const { rows } = await tx.query<Omit<Restored, "place"> & { id: string; key: string }>(
    `with part as materialized (
       select g.device_id, g.key, g.before, g.after, g.back, g.back_at, g.back_no from sync.tagged g
        where g.tenant = $1 and g.change_no = $2 and (g.device_id, g.key) > ($3::uuid, $4::text)
        order by g.device_id, g.key limit ${SLICE_MAX}),
     stood as materialized (
       select p.*, t.value, coalesce(t.change_no = $2, false) as is_own
         from part p left join sync.device_tags t on t.tenant = $1 and t.device_id = p.device_id and t.key = p.key),
     gone as (
       delete from sync.device_tags t using stood p
        where t.tenant = $1 and t.device_id = p.device_id and t.key = p.key and p.is_own and p.back_no is null),
     changed as (
       update sync.device_tags t set value = p.back, set_at = p.back_at, change_no = p.back_no from stood p
        where t.tenant = $1 and t.device_id = p.device_id and t.key = p.key and p.is_own and p.back_no is not null),
     handed as (
       update sync.tagged n set back = p.back, back_at = p.back_at, back_no = p.back_no from part p
        where n.tenant = $1 and n.back_no = $2 and n.device_id = p.device_id and n.key = p.key and not n.is_undone
          and n.device_id >= $3::uuid and n.device_id <= (select device_id from part order by device_id desc limit 1)),
     noted as (
       update sync.tagged g set is_undone = true from part p
        where g.tenant = $1 and g.change_no = $2 and g.device_id = p.device_id and g.key = p.key
          and g.device_id >= $3::uuid and g.device_id <= (select device_id from part order by device_id desc limit 1))
     select count(*)::int as looked,
            (count(*) filter (where is_own and value is distinct from back))::int as restored,
            (count(*) filter (where not is_own and before is distinct from after))::int as skipped,
            (array_agg(device_id order by device_id desc, key desc))[1] as id,
            (array_agg(key order by device_id desc, key desc))[1] as key
       from stood having count(*) > 0`,
    [tenant, changeNo, place === undefined ? NO_UUID : uuidOf(place.id), place?.key ?? ""],
  );
  const [row] = rows;
  if (row === undefined) return { looked: 0, restored: 0, skipped: 0, place };
  const { id, key, ...counts } = row;
  return { ...counts, place: { id: idOfUuid(id), key } };
}
