/** Records that undoing a run would remove, by name: a page of what may be as many as the run has. */
import type { Queryable } from "../db/session.ts";
import { kindOf, type Kind } from "./kind.ts";
import { formatRecords, numbersOf, subtract, takeFirst, type RecordSet } from "./record-set.ts";

/** Which of them are wanted: so many behind a record. */
export interface RemovedPage {
  readonly after: number;
  readonly limit: number;
}

/** A record that would go. */
export interface RemovedRecord {
  readonly recordNo: number;
  readonly kind: Kind | undefined;
  readonly native: string;
  /** Uuid of the device that it is of now. */
  readonly deviceId: string | undefined;
  readonly hostname: string | undefined;
  /** No other record of its device stays, so that the device goes too. */
  readonly isLast: boolean;
}

/** A page of records, by number; all of them are to be removed. */
export async function removedRecords(
  db: Queryable,
  tenant: number,
  { remove, page }: { readonly remove: RecordSet; readonly page: RemovedPage },
): Promise<readonly RemovedRecord[]> {
  const behind = subtract(remove, [[0, page.after + 1]]);
  const { rows } = await db.query<{
    record_no: number;
    kind: number;
    native: string;
    device_id: string | null;
    hostname: string | null;
    is_last: boolean;
  }>(
    `select r.record_no, r.kind, r.native, d.device_id, d.hostname,
            d.device_no is not null and not exists (select from sync.members
              where tenant = $1 and device_no = d.device_no and not record_no <@ $3::int4multirange) as is_last
       from sync.records r
       left join lateral (
         select e.device_no, e.device_id, e.hostname from sync.members m join sync.devices e using (tenant, device_no)
          where m.tenant = $1 and m.record_no = r.record_no order by m.fingerprint = r.fingerprint desc limit 1) d on true
      where r.tenant = $1 and r.record_no = any($2::int[]) order by r.record_no`,
    [tenant, numbersOf(takeFirst(behind, page.limit)), formatRecords(remove)],
  );
  return rows.map((row) => ({
    recordNo: row.record_no,
    kind: kindOf(row.kind),
    native: row.native,
    deviceId: row.device_id ?? undefined,
    hostname: row.hostname ?? undefined,
    isLast: row.is_last,
  }));
}
