/** SQL of what records said before: older fingerprints, address days, deletions, and the value index. */
import { copyRows } from "../db/copy-rows.ts";
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import type { Ip } from "../model/ip.ts";
import { formatDays, type DaySet } from "./day-set.ts";
import type { Deletion } from "./deletion.ts";
import type { ValueKey } from "./node.ts";
import type { Version } from "./record-state.ts";
import { columns, type RecordRef } from "./record-store.ts";
import { VALUE_TYPES, type ValueType } from "./values.ts";

/** Adds older fingerprints: earliest first, latest last, id input of the earliest. */
export async function writeVersions(
  tx: Tx,
  tenant: number,
  rows: readonly (Version & { readonly recordNo: number })[],
): Promise<void> {
  if (rows.length === 0) return;
  const sorted = rows.toSorted((a, b) => a.recordNo - b.recordNo || a.fingerprint - b.fingerprint);
  await tx.query(
    `insert into sync.record_versions as v (tenant, record_no, fingerprint, features, first_seen, last_seen, id_input)
     select $1, u.* from unnest($2::int[], $3::bigint[], $4::json[], $5::timestamptz[], $6::timestamptz[], $7::text[]) u
     on conflict (tenant, record_no, fingerprint) do update set
            id_input = case when (excluded.first_seen, excluded.id_input) < (v.first_seen, v.id_input)
                            then excluded.id_input else v.id_input end,
            first_seen = least(v.first_seen, excluded.first_seen),
            last_seen = greatest(v.last_seen, excluded.last_seen)`,
    [
      tenant,
      ...columns(
        sorted,
        (v) => v.recordNo,
        (v) => v.fingerprint,
        (v) => JSON.stringify(v.features),
        (v) => isoTime(v.firstMs),
        (v) => isoTime(v.lastMs),
        (v) => v.idInput,
      ),
    ],
  );
}

/** Days on which a record, showing a fingerprint, claimed an address that its current content no longer claims. */
export interface AddressRow {
  readonly recordNo: number;
  readonly fingerprint: number;
  readonly address: Ip;
  readonly days: DaySet;
}

/** Adds days of older addresses. */
export async function writeAddresses(
  tx: Tx,
  tenant: number,
  rows: readonly AddressRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into sync.record_addresses as a (tenant, record_no, fingerprint, address, days)
     select $1, u.* from unnest($2::int[], $3::bigint[], $4::text[], $5::int4multirange[]) u(r, f, address, days)
      order by r, f, address collate "C"
     on conflict (tenant, record_no, fingerprint, address) do update set days = a.days + excluded.days
      where a.days <> a.days + excluded.days`,
    [
      tenant,
      ...columns(
        rows,
        (a) => a.recordNo,
        (a) => a.fingerprint,
        (a) => a.address,
        (a) => formatDays(a.days),
      ),
    ],
  );
}

/** Adds explicit deletions; the latest event time of each record stands. */
export async function writeDeletions(
  tx: Tx,
  tenant: number,
  rows: readonly (RecordRef & { readonly deletedMs: number })[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into sync.record_deletions as d (tenant, partition_no, kind, native, instance_no, deleted_at)
     select $1, u.* from unnest($2::int[], $3::smallint[], $4::text[], $5::int[], $6::timestamptz[]) u
      order by 2, 3, 4, 5
     on conflict (tenant, partition_no, kind, native, instance_no)
     do update set deleted_at = greatest(d.deleted_at, excluded.deleted_at), reason = excluded.reason`,
    [
      tenant,
      ...columns(
        rows,
        (r) => r.partitionNo,
        (r) => r.kind,
        (r) => r.native,
        (r) => r.instanceNo,
        (r) => isoTime(r.deletedMs),
      ),
    ],
  );
}

/** The latest retraction of records, by record number; a later sighting takes it back. */
export async function readDeletions(
  tx: Tx,
  tenant: number,
  records: readonly (RecordRef & { readonly recordNo: number })[],
): Promise<ReadonlyMap<number, Deletion>> {
  const { rows } = await tx.query<{ record_no: number; deleted_at: number; reason: string }>(
    `select u.r as record_no, d.deleted_at, d.reason
       from unnest($2::int[], $3::int[], $4::smallint[], $5::text[], $6::int[]) u(r, p, k, n, s)
      cross join lateral (
        select deleted_at, reason from sync.record_deletions
         where tenant = $1 and partition_no = u.p and kind = u.k and native = u.n and instance_no = u.s limit 1) d`,
    [
      tenant,
      ...columns(
        records,
        (r) => r.recordNo,
        (r) => r.partitionNo,
        (r) => r.kind,
        (r) => r.native,
        (r) => r.instanceNo,
      ),
    ],
  );
  return new Map(
    rows.map((row) => [row.record_no, { deletedMs: row.deleted_at, reason: row.reason }]),
  );
}

/** A value in a partition. */
export interface PartitionValue {
  readonly partitionNo: number;
  readonly value: ValueKey;
}

/** Splits a value key into the number of its type and its text. */
export function splitValue(key: ValueKey): { readonly type: number; readonly text: string } {
  const colon = key.indexOf(":");
  return { type: VALUE_TYPES[key.slice(0, colon) as ValueType], text: key.slice(colon + 1) };
}

/** Notes which values new records hold. */
export async function insertFacts(
  tx: Tx,
  tenant: number,
  rows: readonly (PartitionValue & { readonly recordNo: number })[],
): Promise<void> {
  if (rows.length === 0) return;
  await copyRows(tx, tenant, {
    into: "sync.facts",
    columns: ["partition_no", "type", "value", "record_no"],
    rows: rows.values().map(({ partitionNo, value, recordNo }) => {
      const { type, text } = splitValue(value);
      return [partitionNo, type, text, recordNo];
    }),
  });
}

/** Notes which records hold which values; known pairs stay untouched. */
export async function writeFacts(
  tx: Tx,
  tenant: number,
  rows: readonly (PartitionValue & { readonly recordNo: number })[],
): Promise<void> {
  if (rows.length === 0) return;
  const split = rows.map((row) => ({ ...row, ...splitValue(row.value) }));
  await tx.query(
    `insert into sync.facts (tenant, partition_no, type, value, record_no)
     select $1, u.* from unnest($2::int[], $3::smallint[], $4::text[], $5::int[]) u(p, t, v, r)
      order by p, t, v collate "C", r
     on conflict do nothing`,
    [
      tenant,
      ...columns(
        split,
        (f) => f.partitionNo,
        (f) => f.type,
        (f) => f.text,
        (f) => f.recordNo,
      ),
    ],
  );
}

/** Of these pairs those that the index does not hold. */
export async function missingFacts<Fact extends PartitionValue & { readonly recordNo: number }>(
  tx: Tx,
  tenant: number,
  facts: readonly Fact[],
): Promise<readonly Fact[]> {
  const split = facts.map((row) => ({ ...row, ...splitValue(row.value) }));
  const { rows } = await tx.query<{ i: number }>(
    `select (u.i - 1)::int as i
       from unnest($2::int[], $3::smallint[], $4::text[], $5::int[]) with ordinality u(p, t, v, r, i)
      where not exists (
        select from sync.facts where tenant = $1 and partition_no = u.p and type = u.t and value = u.v and record_no = u.r)`,
    [
      tenant,
      ...columns(
        split,
        (f) => f.partitionNo,
        (f) => f.type,
        (f) => f.text,
        (f) => f.recordNo,
      ),
    ],
  );
  return rows.flatMap(({ i }) => facts[i] ?? []);
}

/** Records that hold each value, at most `limit` of each; by "partition value". */
export async function readHolders(
  tx: Tx,
  tenant: number,
  { values, limit }: { readonly values: readonly PartitionValue[]; readonly limit: number },
): Promise<ReadonlyMap<string, readonly number[]>> {
  const split = values.map(({ partitionNo, value }) => ({ partitionNo, ...splitValue(value) }));
  const { rows } = await tx.query<{ i: number; holders: number[] }>(
    `select (u.i - 1)::int as i, h.holders
       from unnest($2::int[], $3::smallint[], $4::text[]) with ordinality u(p, t, v, i)
      cross join lateral (select array_agg(f.record_no) as holders from (
        select record_no from sync.facts
         where tenant = $1 and partition_no = u.p and type = u.t and value = u.v
         order by record_no limit $5) f) h`,
    [
      tenant,
      ...columns(
        split,
        (s) => s.partitionNo,
        (s) => s.type,
        (s) => s.text,
      ),
      limit,
    ],
  );
  return new Map(rows.map(({ i, holders }) => [holderKey(values[i]), holders ?? []]));
}

/** Key of a value in the map that readHolders gives. */
export function holderKey(value: PartitionValue | undefined): string {
  return `${value?.partitionNo} ${value?.value}`;
}
