/**
 * SQL of unchanged sightings. Many records seen at one event time share a row of sync.seen_segments; only sightings
 * that are alone in their time, or older than the instance's newest segment, get a row of their own.
 */
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import { dayOf, formatDays, oneDay, parseDays, unionDays, type DaySet } from "./day-set.ts";
import { columns } from "./record-store.ts";

/** An unchanged record and the event times at which the batch saw it. */
export interface Unchanged {
  readonly recordNo: number;
  readonly instanceNo: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly days: DaySet;
}

/** Sightings that share an event time in one batch before they are worth a segment row of their own. */
const SEGMENT_RECORDS_MIN = 16;

/** Ranges [from, until) of record numbers, as an int4multirange's text. */
export function formatRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const no of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && no <= last[1]) last[1] = Math.max(last[1], no + 1);
    else ranges.push([no, no + 1]);
  }
  return formatDays(ranges);
}

/**
 * Notes unchanged sightings of one batch. `seq` is the batch's number, `runNo` the run that saw them. Gives the records of
 * which something newer was known: watches look out for newer sightings alone.
 */
export async function writeUnchanged(
  tx: Tx,
  tenant: number,
  {
    unchanged,
    seq,
    runNo,
  }: { readonly unchanged: readonly Unchanged[]; readonly seq: number; readonly runNo: number },
): Promise<readonly number[]> {
  const late: number[] = [];
  const alone: Unchanged[] = [];
  const groups = Map.groupBy(unchanged, (u) =>
    u.firstMs === u.lastMs ? `${u.instanceNo} ${u.lastMs}` : "",
  );
  const newest = await newestSegments(tx, tenant, [...new Set(unchanged.map((u) => u.instanceNo))]);
  for (const [key, group] of groups) {
    const [first] = group;
    const inOrder =
      first !== undefined && first.lastMs >= (newest.get(first.instanceNo) ?? -Infinity);
    if (key === "" || group.length < SEGMENT_RECORDS_MIN || !inOrder) alone.push(...group);
    else {
      await writeSegment(tx, tenant, { group, seq, runNo });
      late.push(...(await seenSince(tx, tenant, group)));
    }
  }
  late.push(
    ...alone
      .filter(({ instanceNo, firstMs }) => firstMs < (newest.get(instanceNo) ?? -Infinity))
      .map(({ recordNo }) => recordNo),
  );
  return [...late, ...(await writeSightings(tx, tenant, alone))];
}

/** Records of a segment that were sighted singly after it. */
async function seenSince(
  tx: Tx,
  tenant: number,
  group: readonly Unchanged[],
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ record_no: number }>(
    "select record_no from sync.record_sightings where tenant = $1 and record_no = any($2::int[]) and last_seen > $3",
    [tenant, group.map(({ recordNo }) => recordNo), isoTime(group[0]?.lastMs ?? 0)],
  );
  return rows.map((row) => row.record_no);
}

async function newestSegments(
  tx: Tx,
  tenant: number,
  instanceNos: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await tx.query<{ instance_no: number; newest: number }>(
    `select instance_no, max(event_at) as newest from sync.seen_segments
      where tenant = $1 and instance_no = any($2::int[]) group by instance_no`,
    [tenant, instanceNos],
  );
  return new Map(rows.map((row) => [row.instance_no, row.newest]));
}

async function writeSegment(
  tx: Tx,
  tenant: number,
  {
    group,
    seq,
    runNo,
  }: { readonly group: readonly Unchanged[]; readonly seq: number; readonly runNo: number },
): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  await tx.query(
    `insert into sync.seen_segments as s (tenant, instance_no, seq, event_at, run_no, records)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant, instance_no, seq, event_at) do update set records = s.records + excluded.records`,
    [
      tenant,
      first.instanceNo,
      seq,
      isoTime(first.lastMs),
      runNo,
      formatRanges(group.map((u) => u.recordNo)),
    ],
  );
}

/** Gives the records of which a newer single sighting was known. */
async function writeSightings(
  tx: Tx,
  tenant: number,
  rows: readonly Unchanged[],
): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const sorted = rows.toSorted((a, b) => a.recordNo - b.recordNo);
  const { rows: written } = await tx.query<{ record_no: number; last_seen: number }>(
    `insert into sync.record_sightings as s (tenant, record_no, first_seen, last_seen, days)
     select $1, u.* from unnest($2::int[], $3::timestamptz[], $4::timestamptz[], $5::int4multirange[]) u
     on conflict (tenant, record_no) do update set first_seen = least(s.first_seen, excluded.first_seen),
            last_seen = greatest(s.last_seen, excluded.last_seen), days = s.days + excluded.days
     returning record_no, last_seen`,
    [
      tenant,
      ...columns(
        sorted,
        (u) => u.recordNo,
        (u) => isoTime(u.firstMs),
        (u) => isoTime(u.lastMs),
        (u) => formatDays(u.days),
      ),
    ],
  );
  const firstMs = new Map(rows.map((u) => [u.recordNo, u.firstMs]));
  return written
    .filter((row) => row.last_seen > (firstMs.get(row.record_no) ?? Infinity))
    .map((row) => row.record_no);
}

/** When a record's current content was seen beyond its own row. */
export interface Seen {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly days: DaySet;
}

type Wanted = {
  readonly recordNo: number;
  readonly instanceNo: number;
  readonly contentSeq: number;
};

/** Unchanged sightings of records since their current content arrived, from both tables; by record. */
export async function readSeen(
  tx: Tx,
  tenant: number,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<number, Seen>> {
  const seen = new Map<number, Seen>();
  const { rows: single } = await tx.query<{
    record_no: number;
    first_seen: number;
    last_seen: number;
    days: string;
  }>(
    `select record_no, first_seen, last_seen, days::text as days from sync.record_sightings
      where tenant = $1 and record_no = any($2::int[])`,
    [tenant, wanted.map((w) => w.recordNo)],
  );
  for (const row of single) {
    seen.set(row.record_no, {
      firstMs: row.first_seen,
      lastMs: row.last_seen,
      days: parseDays(row.days),
    });
  }
  const { rows: shared } = await tx.query<{ record_no: number; event_at: number }>(
    `select u.r as record_no, s.event_at
       from unnest($2::int[], $3::int[], $4::bigint[]) u(r, i, q)
       join sync.seen_segments s on s.tenant = $1 and s.instance_no = u.i and s.seq >= u.q and s.records @> u.r`,
    [
      tenant,
      ...columns(
        wanted,
        (w) => w.recordNo,
        (w) => w.instanceNo,
        (w) => w.contentSeq,
      ),
    ],
  );
  for (const row of shared) seen.set(row.record_no, addTime(seen.get(row.record_no), row.event_at));
  return seen;
}

function addTime(seen: Seen | undefined, timeMs: number): Seen {
  const days = oneDay(dayOf(timeMs));
  if (seen === undefined) return { firstMs: timeMs, lastMs: timeMs, days };
  return {
    firstMs: Math.min(seen.firstMs, timeMs),
    lastMs: Math.max(seen.lastMs, timeMs),
    days: unionDays(seen.days, days),
  };
}

/** Drops the single sightings of records whose content has just taken them in. */
export async function clearSightings(
  tx: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<void> {
  if (recordNos.length === 0) return;
  await tx.query(
    "delete from sync.record_sightings where tenant = $1 and record_no = any($2::int[])",
    [tenant, recordNos],
  );
}
