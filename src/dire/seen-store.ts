/**
 * SQL of unchanged sightings. Many records seen at one event time share a row of sync.seen_segments; only sightings
 * that are alone in their time, or older than the instance's newest segment, get a row of their own.
 */
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import { dayOf, formatDays, oneDay, startOfDay, unionDays, type DaySet } from "./day-set.ts";
import { blockOf, formatRanges, parseRanges } from "./record-ranges.ts";
import { columns, type Seen, type StoredRecord } from "./record-store.ts";

/** An unchanged record and the event times at which the batch saw it. */
export interface Unchanged {
  readonly recordNo: number;
  readonly instanceNo: number;
  /** Event time of the newest explicit sighting of the content. */
  readonly sinceMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly days: DaySet;
}

/** Sightings that share an event time in one batch before they are worth a segment row of their own. */
const SEGMENT_RECORDS_MIN = 16;

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
  if (unchanged.length === 0) return [];
  const late: number[] = [];
  const alone: Unchanged[] = [];
  const groups = Map.groupBy(unchanged, (u) =>
    u.firstMs === u.lastMs ? `${u.instanceNo} ${u.lastMs}` : "",
  );
  const newest = await newestSegments(tx, tenant, unchanged);
  const isLate = (u: Unchanged): boolean =>
    u.firstMs < Math.max(u.sinceMs, newest.get(blockName(placeOf(u))) ?? -Infinity);
  for (const [key, all] of groups) {
    const group = all.filter((u) => !isLate(u));
    if (key === "" || group.length < SEGMENT_RECORDS_MIN) {
      alone.push(...all);
      continue;
    }
    alone.push(...all.filter(isLate));
    await writeSegment(tx, tenant, { group, seq, runNo });
    late.push(...(await seenSince(tx, tenant, group)));
  }
  late.push(...alone.filter(isLate).map(({ recordNo }) => recordNo));
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

type Block = { readonly instanceNo: number; readonly block: number };

function blockName({ instanceNo, block }: Block): string {
  return `${instanceNo} ${block}`;
}

function placeOf({ instanceNo, recordNo }: Unchanged): Block {
  return { instanceNo, block: blockOf(recordNo) };
}

/** Event time of the newest segment of each block. */
async function newestSegments(
  tx: Tx,
  tenant: number,
  unchanged: readonly Unchanged[],
): Promise<ReadonlyMap<string, number>> {
  const places = unchanged.map(placeOf);
  const blocks = [...new Map(places.map((place) => [blockName(place), place])).values()];
  const { rows } = await tx.query<{ instance_no: number; block: number; newest: number }>(
    `select u.instance_no, u.block, s.newest from unnest($2::int[], $3::int[]) u(instance_no, block)
      cross join lateral (
        select event_at as newest from sync.seen_segments
         where tenant = $1 and instance_no = u.instance_no and block = u.block order by event_at desc limit 1) s`,
    [
      tenant,
      ...columns(
        blocks,
        (b) => b.instanceNo,
        (b) => b.block,
      ),
    ],
  );
  return new Map(
    rows.map((row) => [blockName({ instanceNo: row.instance_no, block: row.block }), row.newest]),
  );
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
  const recordNos = group.map(({ recordNo }) => recordNo);
  const { instanceNo, lastMs: timeMs } = first;
  await writeBlocks(tx, tenant, { instanceNo, timeMs, seq, runNo, recordNos });
}

/** Records of one instance that were there at one time. */
export interface SeenTogether {
  readonly instanceNo: number;
  readonly timeMs: number;
  readonly seq: number;
  readonly runNo: number;
  readonly recordNos: readonly number[];
}

/**
 * Writes records seen at one time, a row a block. Of a day each record's latest sighting says all that lives and days need, so
 * earlier ones of the same day go: however often a source is pulled, a block has about a row a day.
 */
export async function writeBlocks(
  tx: Tx,
  tenant: number,
  { instanceNo, timeMs, seq, runNo, recordNos }: SeenTogether,
): Promise<void> {
  const blocks = [...Map.groupBy(recordNos, blockOf)].toSorted(([a], [b]) => a - b);
  const ranges = columns(
    blocks,
    ([block]) => block,
    ([, members]) => formatRanges(members),
  );
  await tx.query(
    `with earlier as (
       select s.block, s.event_at, s.seq, s.records - u.records as rest
         from unnest($5::int[], $6::int4multirange[]) u(block, records)
         join sync.seen_segments s on s.tenant = $1 and s.instance_no = $2 and s.block = u.block
          and s.event_at >= $4 and s.event_at < $3 and s.records && u.records),
     gone as (
       delete from sync.seen_segments s using earlier e
        where s.tenant = $1 and s.instance_no = $2 and s.block = e.block and s.event_at = e.event_at and s.seq = e.seq
          and isempty(e.rest))
     update sync.seen_segments s set records = e.rest from earlier e
      where s.tenant = $1 and s.instance_no = $2 and s.block = e.block and s.event_at = e.event_at and s.seq = e.seq
        and not isempty(e.rest)`,
    [tenant, instanceNo, isoTime(timeMs), isoTime(startOfDay(timeMs)), ...ranges],
  );
  await tx.query(
    `insert into sync.seen_segments as s (tenant, instance_no, event_at, seq, run_no, block, records)
     select $1, $2, $3, $4, $5, u.* from unnest($6::int[], $7::int4multirange[]) u(block, records) order by block
     on conflict (tenant, instance_no, block, event_at, seq) do update set records = s.records + excluded.records`,
    [tenant, instanceNo, isoTime(timeMs), seq, runNo, ...ranges],
  );
}

/** One row a record: chunks that are worked together may have seen it at several times, and a statement changes a row once. */
function foldedByRecord(rows: readonly Unchanged[]): readonly Unchanged[] {
  const folded = new Map<number, Unchanged>();
  for (const row of rows) {
    const known = folded.get(row.recordNo);
    const both = known && {
      ...row,
      firstMs: Math.min(known.firstMs, row.firstMs),
      lastMs: Math.max(known.lastMs, row.lastMs),
      days: unionDays(known.days, row.days),
    };
    folded.set(row.recordNo, both ?? row);
  }
  return [...folded.values()];
}

/** Gives the records of which a newer single sighting was known. */
async function writeSightings(
  tx: Tx,
  tenant: number,
  all: readonly Unchanged[],
): Promise<readonly number[]> {
  if (all.length === 0) return [];
  const rows = foldedByRecord(all);
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

/** Unchanged sightings of records since their current content arrived, single ones and those of segments; by record. */
export async function readSeen(
  tx: Tx,
  tenant: number,
  records: readonly StoredRecord[],
): Promise<ReadonlyMap<number, Seen>> {
  const seen = new Map(
    records.flatMap(({ recordNo, sighted }) =>
      sighted === undefined ? [] : [[recordNo, sighted] as const],
    ),
  );
  const held = records.filter(({ hasSegments }) => hasSegments);
  if (held.length === 0) return seen;
  const blocks = [...Map.groupBy(held, (r) => `${r.instanceNo} ${blockOf(r.recordNo)}`).values()];
  const { rows } = await tx.query<{ event_at: number; seq: number; hit: string }>(
    `select s.event_at, s.seq, (s.records * u.records)::text as hit
       from unnest($2::int[], $3::int[], $4::bigint[], $5::int4multirange[]) u(instance_no, block, seq, records)
      cross join lateral (
        select event_at, seq, records from sync.seen_segments
         where tenant = $1 and instance_no = u.instance_no and block = u.block and seq >= u.seq and records && u.records) s`,
    [
      tenant,
      ...columns(
        blocks,
        ([first]) => first?.instanceNo,
        ([first]) => blockOf(first?.recordNo ?? 0),
        (block) => Math.min(...block.map(({ contentSeq }) => contentSeq)),
        (block) => formatRanges(block.map(({ recordNo }) => recordNo)),
      ),
    ],
  );
  const sinceSeq = new Map(records.map(({ recordNo, contentSeq }) => [recordNo, contentSeq]));
  for (const { event_at: timeMs, seq, hit } of rows) {
    for (const no of parseRanges(hit)) {
      if (seq >= (sinceSeq.get(no) ?? Infinity)) seen.set(no, addTime(seen.get(no), timeMs));
    }
  }
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
