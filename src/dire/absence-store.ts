/** SQL of absences and of the evidence they are counted by. */
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import type { Absence } from "./absence.ts";
import { formatRecords, parseRecords, type RecordSet } from "./record-set.ts";

/** A source instance in a partition: absence knows no other. */
export interface Place {
  readonly instanceNo: number;
  readonly partitionNo: number;
}

/** A run as far as absence is concerned. */
export interface RunFacts extends Place {
  readonly runNo: number;
  readonly kind: string;
  readonly isComplete: boolean;
  readonly startedMs: number;
  /** Latest event time of its entries, or its start. */
  readonly eventMs: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Reads them. */
export async function readRunFacts(
  tx: Tx,
  tenant: number,
  runNo: number,
): Promise<RunFacts | undefined> {
  const { rows } = await tx.query<{
    instance_no: number;
    partition_no: number;
    kind: string;
    is_complete: boolean;
    started_at: number;
    event_at: number;
    first_seq: number;
    last_seq: number;
  }>(
    `select instance_no, partition_no, kind, is_complete, started_at, coalesce(event_at, started_at) as event_at, first_seq, last_seq
       from sync.runs where tenant = $1 and run_no = $2`,
    [tenant, runNo],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    runNo,
    instanceNo: row.instance_no,
    partitionNo: row.partition_no,
    kind: row.kind,
    isComplete: row.is_complete,
    startedMs: row.started_at,
    eventMs: row.event_at,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
  };
}

/** Runs looked at for what overlaps a run in time; an agent runs a source once at a time, so there are none or few. */
const NEIGHBOURS_MAX = 32;

/** Runs of the same place that began later or saw something later: what they saw was there after this run looked. */
export async function laterRuns(
  tx: Tx,
  tenant: number,
  run: RunFacts,
): Promise<readonly RunFacts[]> {
  const { rows } = await tx.query<{ run_no: number }>(
    `select run_no from (
       select run_no, started_at, event_at from sync.runs
        where tenant = $1 and instance_no = $2 and partition_no = $3 order by run_no desc limit $6) r
      where run_no <> $4 and coalesce(event_at, started_at) >= $5`,
    [tenant, run.instanceNo, run.partitionNo, run.runNo, isoTime(run.startedMs), NEIGHBOURS_MAX],
  );
  const later: RunFacts[] = [];
  for (const { run_no: no } of rows) {
    const facts = await readRunFacts(tx, tenant, no);
    if (facts !== undefined) later.push(facts);
  }
  return later;
}

/** Every record that a run saw. */
export async function seenBy(tx: Tx, tenant: number, run: RunFacts): Promise<RecordSet> {
  const { rows } = await tx.query<{ seen: string | null }>(
    `select range_agg(created + changed + unchanged)::text as seen from sync.run_seen
      where tenant = $1 and instance_no = $2 and run_no = $3 and seq between $4 and $5 and partition_no = $6`,
    [tenant, run.instanceNo, run.runNo, run.firstSeq, run.lastSeq, run.partitionNo],
  );
  return parseRecords(rows[0]?.seen ?? "{}");
}

/** Records that are present in a place. */
export async function presentIn(
  tx: Tx,
  tenant: number,
  { instanceNo, partitionNo }: Place,
): Promise<RecordSet> {
  const { rows } = await tx.query<{ present: string }>(
    `select present::text as present from sync.instance_records
      where tenant = $1 and instance_no = $2 and partition_no = $3`,
    [tenant, instanceNo, partitionNo],
  );
  return parseRecords(rows[0]?.present ?? "{}");
}

/** Absences of a place. */
export async function readAbsences(
  tx: Tx,
  tenant: number,
  { instanceNo, partitionNo }: Place,
): Promise<readonly Absence[]> {
  const { rows } = await tx.query<{ since: number; runs: number; records: string }>(
    `select since, runs, records::text as records from sync.absences
      where tenant = $1 and instance_no = $2 and partition_no = $3 and not isempty(records) order by absence_no`,
    [tenant, instanceNo, partitionNo],
  );
  return rows.map(({ since, runs, records }) => ({
    sinceMs: since,
    runs,
    records: parseRecords(records),
  }));
}

/** Replaces the absences of a place. */
export async function writeAbsences(
  tx: Tx,
  tenant: number,
  { place, absences }: { readonly place: Place; readonly absences: readonly Absence[] },
): Promise<void> {
  const key = [tenant, place.instanceNo, place.partitionNo];
  await tx.query(
    "delete from sync.absences where tenant = $1 and instance_no = $2 and partition_no = $3",
    key,
  );
  if (absences.length === 0) return;
  await tx.query(
    `insert into sync.absences (tenant, instance_no, partition_no, since, runs, records)
     select $1, $2, $3, u.* from unnest($4::timestamptz[], $5::int[], $6::int4multirange[]) u`,
    [
      ...key,
      absences.map(({ sinceMs }) => isoTime(sinceMs)),
      absences.map(({ runs }) => runs),
      absences.map(({ records }) => formatRecords(records)),
    ],
  );
}

/** The database's clock, which all replicas share, ms. */
export async function databaseNow(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ now: number }>("select now() as now");
  return rows[0]?.now ?? 0;
}
