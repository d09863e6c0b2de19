/**
 * SQL of the published inventory, written by the resolver alone, in its transaction under the tenant's fence.
 * Locks: devices by number, then members by record, then aliases by id.
 */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { isoTime, newUuid } from "../lib/clock.ts";
import { parseCanonicalId, type CanonicalId } from "../model/canonical-id.ts";
import type { MemberRow } from "./member.ts";

/** A device as it is published; absent fields are unknown. */
export interface DeviceRow {
  readonly deviceNo: number;
  readonly id: CanonicalId;
  readonly partitionNo: number;
  readonly ip?: string | undefined;
  readonly mac?: string | undefined;
  readonly hostname?: string | undefined;
  readonly typeId: number;
  readonly type?: string | undefined;
  readonly vendorName?: string | undefined;
  readonly model?: string | undefined;
  readonly os?: string | undefined;
  readonly site?: string | undefined;
  readonly owner?: string | undefined;
  readonly serial?: string | undefined;
  readonly riskScore?: number | undefined;
  readonly isAvailable?: boolean | undefined;
  readonly isProvisional: boolean;
  readonly instances: readonly number[];
  readonly sources: readonly string[];
  readonly recordCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly deletedMs?: number | undefined;
}

/** Splits rows into one array a column, as unnest takes them. */
function columns<T>(rows: readonly T[], ...reads: readonly ((row: T) => unknown)[]): unknown[][] {
  return reads.map((read) => rows.map(read));
}

/** The uuid of a canonical id, as the database holds it. */
export function uuidOf(id: CanonicalId): string {
  return id.slice("sr:".length);
}

/** The canonical id of a uuid that the database holds. */
export function idOfUuid(uuid: string): CanonicalId {
  return `sr:${uuid}`;
}

/** Membership of records as it is published. */
export async function readMembers(
  tx: Queryable,
  tenant: number,
  recordNos: readonly number[],
): Promise<readonly MemberRow[]> {
  const { rows } = await tx.query<{ record_no: number; fingerprint: number; device_no: number }>(
    `select m.record_no, m.fingerprint, m.device_no from unnest($2::int[]) u(no)
      cross join lateral (select record_no, fingerprint, device_no from sync.members
       where tenant = $1 and record_no = u.no) m`,
    [tenant, recordNos],
  );
  return rows.map((row) => ({
    recordNo: row.record_no,
    fingerprint: row.fingerprint,
    deviceNo: row.device_no,
  }));
}

/** Membership rows of one device. */
export async function readMembersOf(
  tx: Queryable,
  tenant: number,
  deviceNo: number,
): Promise<readonly MemberRow[]> {
  const { rows } = await tx.query<{ record_no: number; fingerprint: number }>(
    "select record_no, fingerprint from sync.members where tenant = $1 and device_no = $2",
    [tenant, deviceNo],
  );
  return rows.map((row) => ({ recordNo: row.record_no, fingerprint: row.fingerprint, deviceNo }));
}

/** All records of devices. */
export async function readRecordsOf(
  tx: Queryable,
  tenant: number,
  deviceNos: readonly number[],
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ record_no: number }>(
    "select distinct record_no from sync.members where tenant = $1 and device_no = any($2::int[])",
    [tenant, deviceNos],
  );
  return rows.map((row) => row.record_no);
}

/** Ids of devices by number, and numbers of devices that hold these ids. */
export async function findDevices(
  tx: Queryable,
  tenant: number,
  {
    deviceNos,
    ids,
  }: { readonly deviceNos: readonly number[]; readonly ids: readonly CanonicalId[] },
): Promise<ReadonlyMap<number, CanonicalId>> {
  const { rows } = await tx.query<{ device_no: number; device_id: string }>(
    `select device_no, device_id from sync.devices where tenant = $1 and device_no = any($2::int[])
     union select device_no, device_id from sync.devices where tenant = $1 and device_id = any($3::uuid[])`,
    [tenant, deviceNos, ids.map(uuidOf)],
  );
  return new Map(rows.map((row) => [row.device_no, idOfUuid(row.device_id)]));
}

/** Inserts devices or replaces everything but their creation time; rows that would not change are left alone. */
export async function writeDevices(
  tx: Tx,
  tenant: number,
  devices: readonly DeviceRow[],
): Promise<void> {
  if (devices.length === 0) return;
  const sorted = devices.toSorted((a, b) => a.deviceNo - b.deviceNo);
  await tx.query(
    `insert into sync.devices as d (tenant, device_no, device_id, partition_no, ip, mac, hostname, type_id, type, vendor_name,
            model, os, site, owner, serial, risk_score, is_available, is_provisional, instances, sources, record_count,
            first_seen, last_seen, deleted_at, deleted_reason)
     select $1, u.no, u.id, u.partition_no, u.ip, u.mac, u.hostname, u.type_id, u.type, u.vendor, u.model, u.os, u.site, u.owner,
            u.serial, u.risk, u.available, u.provisional, u.instances::int[], u.sources::text[], u.records, u.first, u.last,
            u.deleted, case when u.deleted is null then null else 'source' end
       from unnest($2::int[], $3::uuid[], $4::int[], $5::inet[], $6::text[], $7::text[], $8::smallint[], $9::text[], $10::text[],
            $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::real[], $17::boolean[], $18::boolean[],
            $19::text[], $20::text[], $21::int[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[])
            u(no, id, partition_no, ip, mac, hostname, type_id, type, vendor, model, os, site, owner, serial, risk, available,
              provisional, instances, sources, records, first, last, deleted)
     on conflict (tenant, device_no) do update set device_id = excluded.device_id, ip = excluded.ip, mac = excluded.mac,
            hostname = excluded.hostname, type_id = excluded.type_id, type = excluded.type, vendor_name = excluded.vendor_name,
            model = excluded.model, os = excluded.os, site = excluded.site, owner = excluded.owner, serial = excluded.serial,
            risk_score = excluded.risk_score, is_available = excluded.is_available, is_provisional = excluded.is_provisional,
            instances = excluded.instances, sources = excluded.sources, record_count = excluded.record_count,
            first_seen = excluded.first_seen, last_seen = excluded.last_seen, deleted_at = excluded.deleted_at,
            deleted_reason = excluded.deleted_reason, modified_at = now()
      where (d.device_id, d.ip, d.mac, d.hostname, d.type_id, d.type, d.vendor_name, d.model, d.os, d.site, d.owner, d.serial,
             d.risk_score, d.is_available, d.is_provisional, d.instances, d.sources, d.record_count, d.first_seen, d.last_seen,
             d.deleted_at)
            is distinct from
            (excluded.device_id, excluded.ip, excluded.mac, excluded.hostname, excluded.type_id, excluded.type,
             excluded.vendor_name, excluded.model, excluded.os, excluded.site, excluded.owner, excluded.serial,
             excluded.risk_score, excluded.is_available, excluded.is_provisional, excluded.instances, excluded.sources,
             excluded.record_count, excluded.first_seen, excluded.last_seen, excluded.deleted_at)`,
    [
      tenant,
      ...columns(
        sorted,
        (d) => d.deviceNo,
        (d) => uuidOf(d.id),
        (d) => d.partitionNo,
        (d) => d.ip,
        (d) => d.mac,
        (d) => d.hostname,
        (d) => d.typeId,
        (d) => d.type,
        (d) => d.vendorName,
        (d) => d.model,
        (d) => d.os,
        (d) => d.site,
        (d) => d.owner,
        (d) => d.serial,
        (d) => d.riskScore,
        (d) => d.isAvailable,
        (d) => d.isProvisional,
        // Arrays of arrays must be rectangular in PostgreSQL, so each travels as its text.
        (d) => `{${d.instances.join(",")}}`,
        (d) => `{${d.sources.map((source) => JSON.stringify(source)).join(",")}}`,
        (d) => d.recordCount,
        (d) => isoTime(d.firstMs),
        (d) => isoTime(d.lastMs),
        (d) => (d.deletedMs === undefined ? null : isoTime(d.deletedMs)),
      ),
    ],
  );
}

/** Takes devices out of the inventory; their ids live on as aliases. */
export async function removeDevices(
  tx: Tx,
  tenant: number,
  deviceNos: readonly number[],
): Promise<void> {
  if (deviceNos.length === 0) return;
  await tx.query("delete from sync.devices where tenant = $1 and device_no = any($2::int[])", [
    tenant,
    deviceNos,
  ]);
}

/** Changes which device records belong to: `gone` rows leave, `rows` are inserted or replace the device. */
export async function writeMembers(
  tx: Tx,
  tenant: number,
  { rows, gone }: { readonly rows: readonly MemberRow[]; readonly gone: readonly MemberRow[] },
): Promise<void> {
  if (gone.length > 0) {
    await tx.query(
      `delete from sync.members m using unnest($2::int[], $3::bigint[]) u(r, f)
        where m.tenant = $1 and m.record_no = u.r and m.fingerprint = u.f`,
      [
        tenant,
        ...columns(
          gone,
          (m) => m.recordNo,
          (m) => m.fingerprint,
        ),
      ],
    );
  }
  if (rows.length === 0) return;
  const sorted = rows.toSorted((a, b) => a.recordNo - b.recordNo || a.fingerprint - b.fingerprint);
  await tx.query(
    `insert into sync.members as m (tenant, record_no, fingerprint, device_no)
     select $1, u.* from unnest($2::int[], $3::bigint[], $4::int[]) u
     on conflict (tenant, record_no, fingerprint) do update set device_no = excluded.device_no`,
    [
      tenant,
      ...columns(
        sorted,
        (m) => m.recordNo,
        (m) => m.fingerprint,
        (m) => m.deviceNo,
      ),
    ],
  );
}

/** An id that is no longer a device's own, and where it leads. */
export interface Alias {
  readonly id: CanonicalId;
  readonly deviceNo: number;
  readonly reason: string;
}

/** Points retired ids at devices, moves the aliases of removed devices along, and drops aliases that are own ids again. */
export async function writeAliases(
  tx: Tx,
  tenant: number,
  {
    aliases,
    moved,
    owned,
  }: {
    readonly aliases: readonly Alias[];
    /** Removed device -> the one that its former aliases now lead to. */
    readonly moved: ReadonlyMap<number, number>;
    readonly owned: readonly CanonicalId[];
  },
): Promise<void> {
  await tx.query("delete from sync.aliases where tenant = $1 and device_id = any($2::uuid[])", [
    tenant,
    owned.map(uuidOf),
  ]);
  await tx.query(
    `update sync.aliases a set device_no = u.successor from unnest($2::int[], $3::int[]) u(removed, successor)
      where a.tenant = $1 and a.device_no = u.removed`,
    [tenant, [...moved.keys()], [...moved.values()]],
  );
  const sorted = aliases.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await tx.query(
    `insert into sync.aliases as a (tenant, device_id, device_no, reason)
     select $1, u.* from unnest($2::uuid[], $3::int[], $4::text[]) u
     on conflict (tenant, device_id) do update set device_no = excluded.device_no, reason = excluded.reason, since = now()`,
    [
      tenant,
      ...columns(
        sorted,
        (a) => uuidOf(a.id),
        (a) => a.deviceNo,
        (a) => a.reason,
      ),
    ],
  );
}

/** Every alias of a tenant with the id of the device that it leads to. */
export async function readAliases(
  db: Queryable,
  tenant: number,
): Promise<readonly { readonly from: CanonicalId; readonly to: CanonicalId }[]> {
  const { rows } = await db.query<{ from_id: string; to_id: string }>(
    `select a.device_id as from_id, d.device_id as to_id
       from sync.aliases a join sync.devices d using (tenant, device_no) where a.tenant = $1 order by 1`,
    [tenant],
  );
  return rows.map((row) => ({ from: idOfUuid(row.from_id), to: idOfUuid(row.to_id) }));
}

/** One row of the merge audit. */
export interface MergeRow {
  readonly from: CanonicalId;
  readonly to: CanonicalId;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Appends to the merge audit. */
export async function writeMerges(
  tx: Tx,
  tenant: number,
  merges: readonly MergeRow[],
): Promise<void> {
  if (merges.length === 0) return;
  await tx.query(
    `insert into sync.merge_audit (tenant, event_id, from_device_id, to_device_id, reason, source, details)
     select $1, u.event, u.f, u.t, u.reason, 'dire', u.details
       from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::json[]) u(event, f, t, reason, details)`,
    [
      tenant,
      ...columns(
        merges,
        () => newUuid(),
        (m) => uuidOf(m.from),
        (m) => uuidOf(m.to),
        (m) => m.reason,
        (m) => JSON.stringify(m.details),
      ),
    ],
  );
}

/** The device that an id leads to: its own, or through an alias. */
export async function resolveId(
  db: Queryable,
  tenant: number,
  id: string,
): Promise<number | undefined> {
  const canonical = parseCanonicalId(id);
  if (canonical === undefined) return undefined;
  const { rows } = await db.query<{ device_no: number }>(
    `select device_no from sync.devices where tenant = $1 and device_id = $2
     union all select device_no from sync.aliases where tenant = $1 and device_id = $2 limit 1`,
    [tenant, uuidOf(canonical)],
  );
  return rows[0]?.device_no;
}
