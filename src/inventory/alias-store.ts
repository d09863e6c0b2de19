/** SQL of ids that are no longer a device's own: where they lead, and what their devices were. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { columns, idOfUuid, uuidOf, type RemovedDevice } from "./device-store.ts";

/** An id that is no longer a device's own, and where it leads. */
export interface Alias {
  readonly id: CanonicalId;
  readonly deviceNo: number;
  readonly reason: string;
}

/** Points retired ids at devices, moves the aliases of removed devices along, and drops aliases that are own ids again. */
export async function writeAliases(
  tx: Tx,
  tenant: number,
  {
    aliases,
    removed,
    moved,
    owned,
  }: {
    readonly aliases: readonly Alias[];
    readonly removed: ReadonlyMap<CanonicalId, RemovedDevice>;
    /** Removed device -> the one that its former aliases now lead to. */
    readonly moved: ReadonlyMap<number, number>;
    readonly owned: readonly CanonicalId[];
  },
): Promise<void> {
  await tx.query(
    `with back as (delete from sync.aliases where tenant = $1 and device_id = any($2::uuid[])
                   returning device_id, former_created_at)
     update sync.devices d set created_at = b.former_created_at from back b
      where d.tenant = $1 and d.device_id = b.device_id and b.former_created_at is not null`,
    [tenant, owned.map(uuidOf)],
  );
  await tx.query(
    `update sync.aliases a set device_no = u.successor from unnest($2::int[], $3::int[]) u(removed, successor)
      where a.tenant = $1 and a.device_no = u.removed`,
    [tenant, [...moved.keys()], [...moved.values()]],
  );
  const sorted = aliases.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await tx.query(
    `insert into sync.aliases as a (tenant, device_id, device_no, reason, former_device_no, former_created_at)
     select $1, u.* from unnest($2::uuid[], $3::int[], $4::text[], $5::int[], $6::timestamptz[]) u
     on conflict (tenant, device_id) do update set device_no = excluded.device_no, reason = excluded.reason, since = now(),
            former_device_no = excluded.former_device_no, former_created_at = excluded.former_created_at`,
    [
      tenant,
      ...columns(
        sorted,
        (a) => uuidOf(a.id),
        (a) => a.deviceNo,
        (a) => a.reason,
        (a) => removed.get(a.id)?.deviceNo ?? null,
        (a) => removed.get(a.id)?.createdAt ?? null,
      ),
    ],
  );
}

/** Every alias of a tenant with the id of the device that it leads to. */
export async function readAliases(
  db: Queryable,
  tenant: number,
): Promise<readonly { readonly from: CanonicalId; readonly to: CanonicalId }[]> {
  const { rows } = await db.query<{ from_id: string; to_id: string }>(
    `select a.device_id as from_id, d.device_id as to_id
       from sync.aliases a join sync.devices d using (tenant, device_no) where a.tenant = $1 order by 1`,
    [tenant],
  );
  return rows.map((row) => ({ from: idOfUuid(row.from_id), to: idOfUuid(row.to_id) }));
}

/** Numbers of devices that had these ids before they became aliases. */
export async function readFormer(
  tx: Queryable,
  tenant: number,
  ids: readonly CanonicalId[],
): Promise<ReadonlyMap<CanonicalId, number>> {
  const { rows } = await tx.query<{ device_id: string; device_no: number }>(
    `select device_id, former_device_no as device_no from sync.aliases
      where tenant = $1 and device_id = any($2::uuid[]) and former_device_no is not null`,
    [tenant, ids.map(uuidOf)],
  );
  return new Map(rows.map((row) => [idOfUuid(row.device_id), row.device_no]));
}
