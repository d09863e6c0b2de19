/**
 * SQL of the records' state. Every statement names its tenant, takes whole batches as arrays and writes rows in the
 * order of their key, so two writers can wait for each other but never in a circle.
 * Locks: sync.tenant_ingest's row first (the fence), then records, versions, addresses, sightings, facts.
 */
import { copyRows } from "../db/copy-rows.ts";
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import { parseIpList, type Ip } from "../model/ip.ts";
import { formatDays, parseDays, type DaySet } from "./day-set.ts";
import type { Features } from "./observation.ts";
import type { Content, RecordState, Version } from "./record-state.ts";

/** Identity of a record row. */
export interface RecordRef {
  readonly partitionNo: number;
  readonly kind: number;
  readonly native: string;
  readonly instanceNo: number;
}

/** What an unchanged record is recognised by. */
export interface RecordHead {
  readonly recordNo: number;
  readonly contentHash: number;
  readonly contentCheck: number;
  readonly currentMs: number;
  readonly contentSeq: number;
}

/** When a record's current content was seen beyond its own row. */
export interface Seen {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly days: DaySet;
}

/** A stored record's own row with its key and its history. */
export interface StoredRecord extends RecordHead, RecordRef {
  /** Records of the same partition, kind and native id in any instance, this one included: the id rule may collide. */
  readonly namesakes: readonly number[];
  readonly versions: ReadonlyMap<number, Version>;
  readonly addresses: RecordState["addresses"];
  /** Single sightings; those that segments hold are read apart. */
  readonly sighted: Seen | undefined;
  /** Whether segments may hold more. */
  readonly hasSegments: boolean;
  readonly payload: string;
  readonly features: Features;
  readonly fingerprint: number;
  readonly firstMs: number;
  readonly idInput: string;
  /** Addresses of the current content, and the days on which they were seen. */
  readonly shown: readonly Ip[];
  readonly days: DaySet;
  /** Complete full runs of its source in a row that did not find it. */
  readonly missedRuns: number;
}

/** Splits rows into one array a column, as unnest takes them. */
export function columns<T>(
  rows: readonly T[],
  ...reads: readonly ((row: T) => unknown)[]
): unknown[][] {
  return reads.map((read) => rows.map(read));
}

/** Heads of the records that exist, by position in `refs`. */
export async function findHeads(
  tx: Tx,
  tenant: number,
  refs: readonly RecordRef[],
): Promise<ReadonlyMap<number, RecordHead>> {
  if (refs.length === 0) return new Map();
  const { rows } = await tx.query<{
    i: number;
    record_no: number;
    content_hash: number;
    content_check: number;
    current_at: number;
    content_seq: number;
  }>(
    `select (u.i - 1)::int as i, r.record_no, r.content_hash, r.content_check, r.current_at, r.content_seq
       from unnest($2::int[], $3::smallint[], $4::text[], $5::int[]) with ordinality u(p, k, n, s, i)
      cross join lateral (
        select record_no, content_hash, content_check, current_at, content_seq from sync.records
         where tenant = $1 and partition_no = u.p and kind = u.k and native = u.n and instance_no = u.s limit 1) r`,
    [
      tenant,
      ...columns(
        refs,
        (r) => r.partitionNo,
        (r) => r.kind,
        (r) => r.native,
        (r) => r.instanceNo,
      ),
    ],
  );
  return new Map(
    rows.map((row) => [
      row.i,
      {
        recordNo: row.record_no,
        contentHash: row.content_hash,
        contentCheck: row.content_check,
        currentMs: row.current_at,
        contentSeq: row.content_seq,
      },
    ]),
  );
}

type RecordRow = {
  record_no: number;
  partition_no: number;
  kind: number;
  native: string;
  instance_no: number;
  content_hash: number;
  content_check: number;
  payload: string;
  current_at: number;
  features: Features;
  fingerprint: number;
  fingerprint_first: number;
  id_input: string;
  shown: string;
  address_days: string;
  content_seq: number;
  absent_runs: number | null;
  namesakes: number[] | null;
  versions: [number, Features, firstMs: number, lastMs: number, idInput: string][] | null;
  addresses: [fingerprint: number, address: string, days: string][] | null;
  sighted: [firstMs: number, lastMs: number, days: string] | null;
  has_segments: boolean | null;
};

/**
 * Whole records with their history, in no order: one statement, because each costs more than the rows that it finds. What a tenant
 * has none of at all, as during its first load, is asked once and not a record.
 */
export async function readRecords(
  tx: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<StoredRecord[]> {
  const { rows } = await tx.query<RecordRow>(
    `select r.record_no, r.partition_no, r.kind, r.native, r.instance_no, r.content_hash, r.content_check, r.payload::text as payload,
            r.current_at, r.features, r.fingerprint, r.fingerprint_first, r.id_input, r.addresses as shown,
            r.address_days::text as address_days, r.content_seq,
            case when exists (select from sync.absences where tenant = $1) then
              (select max(a.runs) from sync.absences a
                where a.tenant = $1 and a.instance_no = r.instance_no and a.partition_no = r.partition_no
                  and a.records @> r.record_no) end as absent_runs,
            (select array_agg(n.record_no) from sync.records n
              where n.tenant = $1 and n.partition_no = r.partition_no and n.kind = r.kind and n.native = r.native
                and n.record_no <> r.record_no) as namesakes,
            case when exists (select from sync.record_versions where tenant = $1) then
              (select json_agg(json_build_array(v.fingerprint, v.features, (extract(epoch from v.first_seen) * 1000)::bigint,
                                                (extract(epoch from v.last_seen) * 1000)::bigint, v.id_input))
                 from sync.record_versions v where v.tenant = $1 and v.record_no = r.record_no) end as versions,
            case when exists (select from sync.record_addresses where tenant = $1) then
              (select json_agg(json_build_array(a.fingerprint, a.address, a.days::text))
                 from sync.record_addresses a where a.tenant = $1 and a.record_no = r.record_no) end as addresses,
            case when exists (select from sync.record_sightings where tenant = $1) then
              (select json_build_array((extract(epoch from s.first_seen) * 1000)::bigint,
                                       (extract(epoch from s.last_seen) * 1000)::bigint, s.days::text)
                 from sync.record_sightings s where s.tenant = $1 and s.record_no = r.record_no) end as sighted,
            case when exists (select from sync.seen_segments where tenant = $1) then
              exists (select from sync.seen_segments s where s.tenant = $1 and s.instance_no = r.instance_no
                         and s.block = r.record_no >> 12 and s.seq >= r.content_seq) end as has_segments
       from unnest($2::int[]) u(no)
      cross join lateral (select * from sync.records where tenant = $1 and record_no = u.no limit 1) r`,
    [tenant, recordNos],
  );
  return rows.map((row) => ({
    recordNo: row.record_no,
    partitionNo: row.partition_no,
    kind: row.kind,
    native: row.native,
    instanceNo: row.instance_no,
    contentHash: row.content_hash,
    contentCheck: row.content_check,
    payload: row.payload,
    currentMs: row.current_at,
    features: row.features,
    fingerprint: row.fingerprint,
    firstMs: row.fingerprint_first,
    idInput: row.id_input,
    shown: row.shown === "" ? [] : (row.shown.split(",") as Ip[]),
    days: parseDays(row.address_days),
    contentSeq: row.content_seq,
    missedRuns: row.absent_runs ?? 0,
    namesakes: row.namesakes === null ? [row.record_no] : [row.record_no, ...row.namesakes],
    versions: versionsOf(row),
    addresses: addressesOf(row),
    sighted: sightedOf(row),
    hasSegments: row.has_segments === true,
  }));
}

function versionsOf({ versions }: RecordRow): ReadonlyMap<number, Version> {
  if (versions === null) return NO_VERSIONS;
  return new Map(
    versions.map(([fingerprint, features, firstMs, lastMs, idInput]) => [
      fingerprint,
      { fingerprint, features, firstMs, lastMs, idInput },
    ]),
  );
}

const NO_VERSIONS: ReadonlyMap<number, Version> = new Map();
const NO_ADDRESSES: RecordState["addresses"] = new Map();

function addressesOf({ addresses: rows }: RecordRow): RecordState["addresses"] {
  if (rows === null) return NO_ADDRESSES;
  const prints = new Map<number, Map<Ip, DaySet>>();
  for (const [fingerprint, address, days] of rows) {
    const addresses = prints.get(fingerprint) ?? new Map<Ip, DaySet>();
    for (const ip of parseIpList(address)) addresses.set(ip, parseDays(days));
    prints.set(fingerprint, addresses);
  }
  return prints;
}

function sightedOf({ sighted }: RecordRow): Seen | undefined {
  if (sighted === null) return undefined;
  const [firstMs, lastMs, days] = sighted;
  return { firstMs, lastMs, days: parseDays(days) };
}

/** A record row to be written. */
export interface RecordWrite extends RecordRef {
  readonly recordNo: number;
  readonly content: Content;
  readonly contentSeq: number;
}

const RECORD_COLUMNS = [
  "record_no",
  "partition_no",
  "kind",
  "native",
  "instance_no",
  "content_check",
  "content_hash",
  "payload",
  "current_at",
  "features",
  "fingerprint",
  "fingerprint_first",
  "id_input",
  "addresses",
  "address_days",
  "content_seq",
];

/** Inserts records that are new, in the order of their numbers. */
export async function insertRecords(
  tx: Tx,
  tenant: number,
  writes: readonly RecordWrite[],
): Promise<void> {
  await copyRows(tx, tenant, {
    into: "sync.records",
    columns: RECORD_COLUMNS,
    rows: writes.values().map(recordRow),
  });
}

function recordRow(write: RecordWrite): readonly (string | number)[] {
  const { recordNo, partitionNo, kind, native, instanceNo, content, contentSeq } = write;
  const lastSeen = isoTime(content.lastMs);
  return [
    recordNo,
    partitionNo,
    kind,
    native,
    instanceNo,
    content.check,
    content.hash,
    content.payload,
    lastSeen,
    JSON.stringify(content.features),
    content.fingerprint,
    content.firstMs === content.lastMs ? lastSeen : isoTime(content.firstMs),
    content.idInput,
    content.addresses.join(","),
    formatDays(content.days),
    contentSeq,
  ];
}

/** Inserts records, or replaces the content of those that exist (same record_no, same key). */
export async function writeRecords(
  tx: Tx,
  tenant: number,
  writes: readonly RecordWrite[],
): Promise<void> {
  if (writes.length === 0) return;
  const sorted = writes.toSorted((a, b) => a.recordNo - b.recordNo);
  await tx.query(
    `insert into sync.records as r (tenant, record_no, partition_no, kind, native, instance_no, content_check, content_hash, payload,
            current_at, features, fingerprint, fingerprint_first, id_input, addresses, address_days, content_seq)
     select $1, u.* from unnest($2::int[], $3::int[], $4::smallint[], $5::text[], $6::int[], $7::int[], $8::bigint[], $9::json[],
            $10::timestamptz[], $11::json[], $12::bigint[], $13::timestamptz[], $14::text[], $15::text[], $16::int4multirange[],
            $17::bigint[]) u
     on conflict (tenant, record_no) do update set content_check = excluded.content_check,
            content_hash = excluded.content_hash, payload = excluded.payload,
            current_at = excluded.current_at, features = excluded.features, fingerprint = excluded.fingerprint,
            fingerprint_first = excluded.fingerprint_first, id_input = excluded.id_input,
            addresses = excluded.addresses, address_days = excluded.address_days, content_seq = excluded.content_seq`,
    [
      tenant,
      ...columns(
        sorted,
        (w) => w.recordNo,
        (w) => w.partitionNo,
        (w) => w.kind,
        (w) => w.native,
        (w) => w.instanceNo,
        (w) => w.content.check,
        (w) => w.content.hash,
        (w) => w.content.payload,
        (w) => isoTime(w.content.lastMs),
        (w) => JSON.stringify(w.content.features),
        (w) => w.content.fingerprint,
        (w) => isoTime(w.content.firstMs),
        (w) => w.content.idInput,
        (w) => w.content.addresses.join(","),
        (w) => formatDays(w.content.days),
        (w) => w.contentSeq,
      ),
    ],
  );
}
