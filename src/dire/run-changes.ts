/** Which records a run changed, and in what: from the notes by which it can be undone. */
import type { Queryable } from "../db/session.ts";
import { changedFields, type ChangedField } from "./changed-fields.ts";
import { kindOf, type Kind } from "./kind.ts";

/** A record that a run changed. */
export interface ChangedRecord {
  readonly recordNo: number;
  readonly kind: Kind | undefined;
  readonly native: string;
  /** Uuid of the device that it is of now. */
  readonly deviceId: string | undefined;
  readonly hostname: string | undefined;
  /** Another run changed it since, or meanwhile where both ran at a time, so that what it says now is not this run's alone. */
  readonly isChangedSince: boolean;
  readonly fields: readonly ChangedField[];
}

/** Records that a run changed, by number, behind one. None where the notes are too old to be kept. */
export async function changedRecords(
  db: Queryable,
  tenant: number,
  {
    runNo,
    after,
    limit,
  }: { readonly runNo: number; readonly after: number; readonly limit: number },
): Promise<readonly ChangedRecord[]> {
  const { rows } = await db.query<{
    record_no: number;
    kind: number;
    native: string;
    device_id: string | null;
    hostname: string | null;
    since: boolean;
    before: unknown;
    now: unknown;
  }>(
    `with meanwhile as materialized (
       select o.run_no from sync.runs q join sync.runs o on o.tenant = q.tenant and o.instance_no = q.instance_no
        where q.tenant = $1 and q.run_no = $2 and o.run_no <> $2
          and o.first_seq between 1 and q.last_seq and o.last_seq >= q.first_seq)
     select j.record_no, r.kind, r.native, d.device_id, d.hostname,
            r.content_seq > q.last_seq or exists (
              select from meanwhile o cross join lateral (
                select from sync.run_journal where tenant = $1 and run_no = o.run_no and record_no = j.record_no offset 0) n) as since,
            (j.before -> 'content' ->> 'payload')::json as before, r.payload as now
       from sync.run_journal j
       join sync.runs q using (tenant, run_no)
      cross join lateral (select * from sync.records where tenant = $1 and record_no = j.record_no limit 1) r
       left join lateral (
         select d.device_id, d.hostname from sync.members m join sync.devices d using (tenant, device_no)
          where m.tenant = $1 and m.record_no = j.record_no order by m.fingerprint = r.fingerprint desc limit 1) d on true
      where j.tenant = $1 and j.run_no = $2 and j.record_no > $3 order by j.record_no limit $4`,
    [tenant, runNo, after, limit],
  );
  return rows.map((row) => ({
    recordNo: row.record_no,
    kind: kindOf(row.kind),
    native: row.native,
    deviceId: row.device_id ?? undefined,
    hostname: row.hostname ?? undefined,
    isChangedSince: row.since,
    fields: changedFields(row.before, row.now),
  }));
}
