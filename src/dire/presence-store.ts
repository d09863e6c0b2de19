/**
 * SQL of which records a source has, and which of them a run saw. Both are ranges of record numbers, which are given out in
 * the order in which a source first lists its records: a million of them that are listed in that order again are one range.
 */
import type { Tx } from "../db/tx.ts";
import { formatRanges } from "./record-ranges.ts";

/** Records of one instance and partition that a batch spoke of, by what became of them. */
export interface Spoken {
  readonly instanceNo: number;
  readonly partitionNo: number;
  readonly created: number[];
  readonly changed: number[];
  readonly unchanged: number[];
  /** Taken back by the source. */
  readonly deleted: number[];
}

/**
 * Notes what a batch saw: it is the run's evidence, and it makes records present again that were absent or retired; their devices
 * are derived anew, because what they say counts more than before. Gives how many present records the source took back.
 */
export async function notePresence(
  tx: Tx,
  tenant: number,
  { spoken, seq, runNo }: { readonly spoken: Spoken; readonly seq: number; readonly runNo: number },
): Promise<number> {
  const { instanceNo, partitionNo, created, changed, unchanged, deleted } = spoken;
  const retracted = await countPresent(tx, tenant, spoken);
  const { rows } = await tx.query<{ risen: string }>(
    `with risen as (
       select ($5::int4multirange - present - $8::int4multirange)::text as records from sync.instance_records
        where tenant = $1 and instance_no = $2 and partition_no = $3),
     away as (
       select absence_no, records * $5::int4multirange as records from sync.absences
        where tenant = $1 and instance_no = $2 and partition_no = $3 and records && $5::int4multirange),
     back as (
       update sync.absences a set records = a.records - away.records from away
        where a.tenant = $1 and a.absence_no = away.absence_no),
     woken as (
       insert into sync.dirty (tenant, records, run_no)
       select $1, range_agg(records), $7 from away having count(*) > 0),
     here as (
       insert into sync.instance_records as i (tenant, instance_no, partition_no, present)
       values ($1, $2, $3, $5::int4multirange - $6::int4multirange)
       on conflict (tenant, instance_no, partition_no) do update set present = i.present + excluded.present - $6::int4multirange
        where not i.present @> excluded.present or i.present && $6::int4multirange),
     evidence as (
       insert into sync.run_seen (tenant, instance_no, seq, partition_no, run_no, created, changed, unchanged, deleted)
       select $1, $2, $4, $3, $7, $8, $9, $10, $6::int4multirange
        where $7 > 0 and not isempty($5::int4multirange + $6::int4multirange))
     select records as risen from risen where records <> '{}'`,
    [
      tenant,
      instanceNo,
      partitionNo,
      seq,
      formatRanges([...created, ...changed, ...unchanged]),
      formatRanges(deleted),
      runNo,
      formatRanges(created),
      formatRanges(changed),
      formatRanges(unchanged),
    ],
  );
  for (const { risen } of rows) await takeBack(tx, tenant, { records: risen, runNo });
  return retracted;
}

/** Records that were retired here are seen again. What their source deleted itself comes back by event time alone. */
async function takeBack(
  tx: Tx,
  tenant: number,
  { records, runNo }: { readonly records: string; readonly runNo: number },
): Promise<void> {
  await tx.query(
    `delete from sync.record_deletions d
      using unnest($2::int4multirange) m cross join generate_series(lower(m), upper(m) - 1) no
       join sync.records r on r.tenant = $1 and r.record_no = no
      where d.tenant = $1 and d.reason <> 'source'
        and (d.partition_no, d.kind, d.native, d.instance_no) = (r.partition_no, r.kind, r.native, r.instance_no)`,
    [tenant, records],
  );
  await tx.query("insert into sync.dirty (tenant, records, run_no) values ($1, $2, $3)", [
    tenant,
    records,
    runNo,
  ]);
}

async function countPresent(
  tx: Tx,
  tenant: number,
  { instanceNo, partitionNo, deleted }: Spoken,
): Promise<number> {
  if (deleted.length === 0) return 0;
  const { rows } = await tx.query<{ records: number }>(
    `select coalesce(sum(upper(r) - lower(r)), 0) as records
       from sync.instance_records i, unnest(i.present * $4::int4multirange) r
      where i.tenant = $1 and i.instance_no = $2 and i.partition_no = $3`,
    [tenant, instanceNo, partitionNo, formatRanges(deleted)],
  );
  return rows[0]?.records ?? 0;
}
