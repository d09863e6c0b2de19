import type { Queryable } from "../db/session.ts";
import { kindOf, type Kind } from "./kind.ts";

/** A record by what its source calls it. */
export interface RecordName {
  readonly recordNo: number;
  readonly instance: string;
  readonly kind: Kind | undefined;
  readonly native: string;
}

/** Names of records, by number. */
export async function namesOfRecords(
  db: Queryable,
  tenant: number,
  recordNos: readonly number[],
): Promise<ReadonlyMap<number, RecordName>> {
  const { rows } = await db.query<{
    record_no: number;
    instance: string;
    kind: number;
    native: string;
  }>(
    `select r.record_no, i.name as instance, r.kind, r.native
       from sync.records r join sync.instances i using (tenant, instance_no)
      where r.tenant = $1 and r.record_no = any($2::int[])`,
    [tenant, recordNos],
  );
  return new Map(
    rows.map(({ record_no: recordNo, instance, kind, native }) => [
      recordNo,
      { recordNo, instance, kind: kindOf(kind), native },
    ]),
  );
}
