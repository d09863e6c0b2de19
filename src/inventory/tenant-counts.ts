import type { Queryable } from "../db/session.ts";

/** How large a tenant's inventory is. */
export interface TenantCounts {
  readonly devices: number;
  readonly deletedDevices: number;
  readonly provisionalDevices: number;
  readonly records: number;
  /** Former ids that lead to a device. */
  readonly aliases: number;
  /** Source instance -> devices that it speaks of. */
  readonly devicesByInstance: ReadonlyMap<string, number>;
}

/** Counts a tenant's inventory: one pass over its devices and one over its records' key. */
export async function tenantCounts(db: Queryable, tenant: number): Promise<TenantCounts> {
  const { rows } = await db.query<{
    devices: number;
    deleted: number;
    provisional: number;
    records: number;
    aliases: number;
  }>(
    `select count(*) filter (where deleted_at is null) as devices,
            count(*) filter (where deleted_at is not null) as deleted,
            count(*) filter (where deleted_at is null and is_provisional) as provisional,
            (select count(*) from sync.records where tenant = $1) as records,
            (select count(*) from sync.aliases where tenant = $1) as aliases
       from sync.devices where tenant = $1`,
    [tenant],
  );
  const { rows: spoken } = await db.query<{ name: string; devices: number }>(
    `select i.name, c.devices from sync.instances i
       join (select u.instance_no, count(*) as devices from sync.devices d, unnest(d.instances) u(instance_no)
              where d.tenant = $1 and d.deleted_at is null group by 1) c using (instance_no)
      where i.tenant = $1 order by i.name`,
    [tenant],
  );
  const [counts] = rows;
  return {
    devices: counts?.devices ?? 0,
    deletedDevices: counts?.deleted ?? 0,
    provisionalDevices: counts?.provisional ?? 0,
    records: counts?.records ?? 0,
    aliases: counts?.aliases ?? 0,
    devicesByInstance: new Map(spoken.map(({ name, devices }) => [name, devices])),
  };
}

/** How a tenant's devices stand. */
export interface DeviceStanding {
  readonly available: number;
  readonly unavailable: number;
  /** Nobody says whether they are available. */
  readonly unknown: number;
  readonly provisional: number;
  readonly deleted: number;
}

/** Counts a tenant's devices by how they stand: one pass over them. */
export async function deviceStanding(db: Queryable, tenant: number): Promise<DeviceStanding> {
  const { rows } = await db.query<DeviceStanding>(
    `select count(*) filter (where deleted_at is null and is_available) as available,
            count(*) filter (where deleted_at is null and not is_available) as unavailable,
            count(*) filter (where deleted_at is null and is_available is null) as unknown,
            count(*) filter (where deleted_at is null and is_provisional) as provisional,
            count(*) filter (where deleted_at is not null) as deleted
       from sync.devices where tenant = $1`,
    [tenant],
  );
  return rows[0] ?? { available: 0, unavailable: 0, unknown: 0, provisional: 0, deleted: 0 };
}
