/**
 * SQL of the tags that operators give, slice by slice. What a slice changes is noted with what stood before, so that it can be
 * taken back. A tenant's slices are worked one at a time.
 */
import type { Tx } from "../db/tx.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { uuidOf } from "./device-store.ts";

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
  for (const key of tagging.remove) changed += await removeTag(tx, tenant, { ...tagging, key });
  for (const [key, value] of Object.entries(tagging.add)) {
    changed += await addTag(tx, tenant, { ...tagging, key, value });
  }
  return changed;
}

async function addTag(
  tx: Tx,
  tenant: number,
  { changeNo, devices, key, value }: Tagging & { readonly key: string; readonly value: string },
): Promise<number> {
  const { count } = await tx.query(
    `with was as (
       select t.device_id, t.value, t.set_at from sync.device_tags t
        where t.tenant = $1 and t.key = $4 and t.device_id = any($3::uuid[])),
     now as (
       insert into sync.device_tags as t (tenant, device_id, key, value)
       select $1, u.id, $4, $5 from unnest($3::uuid[]) u(id) order by u.id
       on conflict (tenant, device_id, key) do update set value = excluded.value, set_at = clock_timestamp()
        where t.value <> excluded.value
       returning t.device_id)
     insert into sync.tagged (tenant, change_no, device_id, key, before, before_at, after)
     select $1, $2, now.device_id, $4, was.value, was.set_at, $5 from now left join was using (device_id)`,
    [tenant, changeNo, devices.map(({ id }) => uuidOf(id)), key, value],
  );
  return count;
}

/** From every id that leads to the devices. */
async function removeTag(
  tx: Tx,
  tenant: number,
  { changeNo, devices, key }: Tagging & { readonly key: string },
): Promise<number> {
  const { count } = await tx.query(
    `with gone as (
       delete from sync.device_tags t where t.tenant = $1 and t.key = $5 and (t.device_id = any($3::uuid[])
          or t.device_id in (select a.device_id from sync.aliases a where a.tenant = $1 and a.device_no = any($4::int[])))
       returning t.device_id, t.value, t.set_at)
     insert into sync.tagged (tenant, change_no, device_id, key, before, before_at)
     select $1, $2, device_id, $5, value, set_at from gone`,
    [
      tenant,
      changeNo,
      devices.map(({ id }) => uuidOf(id)),
      devices.map(({ deviceNo }) => deviceNo),
      key,
    ],
  );
  return count;
}

/** What a slice of taking back did. */
export interface Restored {
  readonly looked: number;
  readonly restored: number;
}

/** Takes back some of what a change did; a tag that was changed again since stays as it is. */
export async function restoreTags(tx: Tx, tenant: number, changeNo: number): Promise<Restored> {
  const { rows } = await tx.query<Restored>(
    `with part as materialized (
       select device_id, key, before, before_at, after from sync.tagged
        where tenant = $1 and change_no = $2 and not is_undone order by device_id, key limit ${SLICE_MAX}),
     gone as (
       delete from sync.device_tags t using part p
        where t.tenant = $1 and t.device_id = p.device_id and t.key = p.key and p.before is null and t.value = p.after
       returning 1),
     changed as (
       update sync.device_tags t set value = p.before, set_at = p.before_at from part p
        where t.tenant = $1 and t.device_id = p.device_id and t.key = p.key and p.before is not null and t.value = p.after
       returning 1),
     back as (
       insert into sync.device_tags (tenant, device_id, key, value, set_at)
       select $1, device_id, key, before, before_at from part where after is null and before is not null
       on conflict do nothing returning 1),
     noted as (
       update sync.tagged t set is_undone = true from part p
        where t.tenant = $1 and t.change_no = $2 and t.device_id = p.device_id and t.key = p.key returning 1)
     select (select count(*) from noted)::int as looked,
            ((select count(*) from gone) + (select count(*) from changed) + (select count(*) from back))::int as restored`,
    [tenant, changeNo],
  );
  return rows[0] ?? { looked: 0, restored: 0 };
}
