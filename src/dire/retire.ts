/**
 * Retires records that are to go, a bounded number a transaction, and marks their components dirty. A record that was seen again
 * since, or is gone already, is left out: what was decided was about its absence.
 */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { fence, type Lease } from "../inbox/lease.ts";
import { readRetention } from "../inbox/retention-store.ts";
import { nextRetraction, noteRetired, type OpenRetraction } from "../inbox/retraction-store.ts";
import { presentIn, readAbsences } from "./absence-store.ts";
import { nextBatch } from "./absence.ts";
import {
  formatRecords,
  intersect,
  parseRecords,
  sizeOf,
  unite,
  type RecordSet,
} from "./record-set.ts";

/** What one step retired. */
export interface Retired {
  readonly retractionNo: number;
  readonly retired: number;
}

/** Takes the next step of the oldest retraction that may go on. Undefined when there is none. */
export async function workRetractions(db: Db, lease: Lease): Promise<Retired | undefined> {
  return await tx(db, async (open) => {
    await fence(open, lease);
    const { tenant } = lease;
    const next = await nextRetraction(open, tenant);
    if (next === undefined) return undefined;
    const { batch_size: limit } = await readRetention(open, tenant);
    const { batch, rest } = nextBatch(parseRecords(next.records), limit);
    const going = intersect(batch, await mayGo(open, tenant, next));
    if (going.length > 0) await retire(open, tenant, { retraction: next, records: going });
    const { retractionNo } = next;
    const retired = sizeOf(going);
    const [gone, left] = [formatRecords(going), formatRecords(rest)];
    await noteRetired(open, tenant, { retractionNo, retired, gone, rest: left });
    return { retractionNo, retired };
  });
}

async function mayGo(open: Tx, tenant: number, retraction: OpenRetraction): Promise<RecordSet> {
  const present = await presentIn(open, tenant, retraction);
  if (retraction.reason !== "absent") return present;
  const absent = await readAbsences(open, tenant, retraction);
  return intersect(present, unite(absent.map(({ records }) => records)));
}

async function retire(
  open: Tx,
  tenant: number,
  { retraction, records }: { readonly retraction: OpenRetraction; readonly records: RecordSet },
): Promise<void> {
  const { instanceNo, partitionNo, runNo, reason } = retraction;
  const ranges = formatRecords(records);
  await open.query(
    `insert into sync.record_deletions as d (tenant, partition_no, kind, native, instance_no, deleted_at, reason)
     select $1, r.partition_no, r.kind, r.native, r.instance_no,
            now(), $3
       from unnest($2::int4multirange) m cross join generate_series(lower(m), upper(m) - 1) no
       join sync.records r on r.tenant = $1 and r.record_no = no
      order by 2, 3, 4, 5
     on conflict (tenant, partition_no, kind, native, instance_no) do update set
            deleted_at = greatest(d.deleted_at, excluded.deleted_at), reason = excluded.reason`,
    [tenant, ranges, reason],
  );
  await open.query(
    `update sync.instance_records set present = present - $4::int4multirange
      where tenant = $1 and instance_no = $2 and partition_no = $3`,
    [tenant, instanceNo, partitionNo, ranges],
  );
  await open.query(
    `update sync.absences set records = records - $4::int4multirange
      where tenant = $1 and instance_no = $2 and partition_no = $3 and records && $4::int4multirange`,
    [tenant, instanceNo, partitionNo, ranges],
  );
  await open.query(
    "update sync.runs set retracted = retracted + $3 where tenant = $1 and run_no = $2",
    [tenant, runNo, sizeOf(records)],
  );
  await open.query("insert into sync.dirty (tenant, records, run_no) values ($1, $2, $3)", [
    tenant,
    ranges,
    runNo,
  ]);
}
