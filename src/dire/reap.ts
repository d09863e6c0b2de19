/**
 * Removes devices for good that were retired long ago, with the records that they had, a bounded number a transaction. What the
 * id rule was fed stays for ever (sync.record_origins), so a record that comes back after all gets its old id.
 */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { removeDevices } from "../inventory/device-store.ts";
import { forgetRecords } from "./forget-records.ts";
import { takeOver } from "./take-over.ts";

/** What goes, and how much of it at a time. */
export interface ReapLimits {
  readonly retentionDays: number;
  readonly batch: number;
}

/** Removes what is due. Gives how many devices went. */
export async function reapDevices(db: Db, tenant: number, limits: ReapLimits): Promise<number> {
  let reaped = 0;
  for (;;) {
    const count = await tx(db, (open) => reapBatch(open, tenant, limits));
    reaped += count;
    if (count < limits.batch) return reaped;
  }
}

async function reapBatch(open: Tx, tenant: number, limits: ReapLimits): Promise<number> {
  if ((await dueDevices(open, tenant, limits)).length === 0) return 0;
  await takeOver(open, tenant);
  // What was due before the worker was kept out may have come back while we waited for it.
  const deviceNos = await dueDevices(open, tenant, limits);
  const { rows: members } = await open.query<{ record_no: number }>(
    "select distinct record_no from sync.members where tenant = $1 and device_no = any($2::int[]) order by record_no",
    [tenant, deviceNos],
  );
  const recordNos = members.map((row) => row.record_no);
  await forgetRecords(open, tenant, { recordNos, keepsIds: true });
  await open.query("delete from sync.aliases where tenant = $1 and device_no = any($2::int[])", [
    tenant,
    deviceNos,
  ]);
  await removeDevices(open, tenant, deviceNos);
  return deviceNos.length;
}

/** Devices whose time has come, but for those that share a record with another: one id that was given to two machines. */
async function dueDevices(
  open: Tx,
  tenant: number,
  { retentionDays, batch }: ReapLimits,
): Promise<readonly number[]> {
  const { rows } = await open.query<{ device_no: number }>(
    `select d.device_no from sync.devices d
      where d.tenant = $1 and d.deleted_at < now() - $2 * interval '1 day'
        and not exists (
          select from sync.members m
           join sync.members o on o.tenant = m.tenant and o.record_no = m.record_no and o.device_no <> m.device_no
          where m.tenant = $1 and m.device_no = d.device_no)
      order by d.device_no limit $3`,
    [tenant, retentionDays, batch],
  );
  return rows.map((row) => row.device_no);
}
