/**
 * SQL of the published inventory, written by the resolver alone, in its transaction under the tenant's fence.
 * Locks: devices by number, then members by record, then aliases by id.
 */
import { copyRows } from "../db/copy-rows.ts";
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import { memoized } from "../lib/memo.ts";
import { parseCanonicalId, type CanonicalId } from "../model/canonical-id.ts";
import type { MemberRow } from "./member.ts";

/** The enrichment rule that decided vendor, model or type. */
export interface Classified {
  /** "builtin" or "filesystem", the original's words. */
  readonly source: string;
  readonly ruleId: string;
  /** 0 to 100. */
  readonly confidence: number;
  readonly reason: string;
}

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
  readonly osVersion?: string | undefined;
  readonly site?: string | undefined;
  readonly owner?: string | undefined;
  readonly serial?: string | undefined;
  /** As its source reports it. */
  readonly riskScore?: number | undefined;
  /** OCSF: 0 Info to 4 Critical. */
  readonly riskLevelId?: number | undefined;
  readonly isManaged?: boolean | undefined;
  readonly isTrusted?: boolean | undefined;
  readonly isCompliant?: boolean | undefined;
  readonly isAvailable?: boolean | undefined;
  readonly classification?: Classified | undefined;
  readonly isProvisional: boolean;
  /** When it stopped being provisional, if it ever was. */
  readonly promotedMs?: number | undefined;
  readonly instances: readonly number[];
  readonly sources: readonly string[];
  readonly recordCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly deletedMs?: number | undefined;
  readonly deletedReason?: string | undefined;
}

/** Splits rows into one array a column, as unnest takes them. */
export function columns<T>(
  rows: readonly T[],
  ...reads: readonly ((row: T) => unknown)[]
): unknown[][] {
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
       where tenant = $1 and record_no = u.no offset 0) m`,
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

/**
 * Membership of all devices that hold one of these records. `offset 0` keeps each look-up one by key: joined as it liked, PostgreSQL
 * read all memberships of the tenant each time, 435 ms of a million.
 */
export async function readFellows(
  tx: Queryable,
  tenant: number,
  recordNos: readonly number[],
): Promise<readonly MemberRow[]> {
  const { rows } = await tx.query<{ record_no: number; fingerprint: number; device_no: number }>(
    `with held as (
       select distinct m.device_no from unnest($2::int[]) u(no)
        cross join lateral (select device_no from sync.members where tenant = $1 and record_no = u.no offset 0) m)
     select m.record_no, m.fingerprint, m.device_no from held
      cross join lateral (select record_no, fingerprint, device_no from sync.members
       where tenant = $1 and device_no = held.device_no offset 0) m`,
    [tenant, recordNos],
  );
  return rows.map((row) => ({
    recordNo: row.record_no,
    fingerprint: row.fingerprint,
    deviceNo: row.device_no,
  }));
}

/**
 * Ids of devices by number, and numbers of devices that hold these ids. Each is looked up by its key: asked for as `= any` of some
 * thousands, PostgreSQL went through all devices of the tenant each time (42 and 39 s of its CPU in a first load of 300,000, one run each).
 */
export async function findDevices(
  tx: Queryable,
  tenant: number,
  {
    deviceNos,
    ids,
  }: { readonly deviceNos: readonly number[]; readonly ids: readonly CanonicalId[] },
): Promise<ReadonlyMap<number, CanonicalId>> {
  const { rows } = await tx.query<{ device_no: number; device_id: string }>(
    `select d.* from unnest($2::int[]) u(no) cross join lateral (
       select device_no, device_id from sync.devices where tenant = $1 and device_no = u.no limit 1) d
     union select d.* from unnest($3::uuid[]) u(id) cross join lateral (
       select device_no, device_id from sync.devices where tenant = $1 and device_id = u.id limit 1) d`,
    [tenant, deviceNos, ids.map(uuidOf)],
  );
  return new Map(rows.map((row) => [row.device_no, idOfUuid(row.device_id)]));
}

type Column = {
  readonly name: string;
  /** As unnest is told, and as it is cast back where that differs. */
  readonly type: string;
  readonly cast?: string;
  readonly read: (device: DeviceRow) => string | number | boolean | null | undefined;
};

/** What of a device may change; key and creation time are left out. */
const COLUMNS: readonly Column[] = [
  { name: "device_id", type: "uuid", read: (d) => uuidOf(d.id) },
  { name: "ip", type: "inet", read: (d) => d.ip },
  { name: "mac", type: "text", read: (d) => d.mac },
  { name: "hostname", type: "text", read: (d) => d.hostname },
  { name: "type_id", type: "smallint", read: (d) => d.typeId },
  { name: "type", type: "text", read: (d) => d.type },
  { name: "vendor_name", type: "text", read: (d) => d.vendorName },
  { name: "model", type: "text", read: (d) => d.model },
  { name: "os", type: "text", read: (d) => d.os },
  { name: "os_version", type: "text", read: (d) => d.osVersion },
  { name: "site", type: "text", read: (d) => d.site },
  { name: "owner", type: "text", read: (d) => d.owner },
  { name: "serial", type: "text", read: (d) => d.serial },
  { name: "risk_score", type: "real", read: (d) => d.riskScore },
  { name: "risk_level_id", type: "smallint", read: (d) => d.riskLevelId },
  { name: "is_managed", type: "boolean", read: (d) => d.isManaged },
  { name: "is_trusted", type: "boolean", read: (d) => d.isTrusted },
  { name: "is_compliant", type: "boolean", read: (d) => d.isCompliant },
  { name: "is_available", type: "boolean", read: (d) => d.isAvailable },
  { name: "classification", type: "jsonb", read: (d) => classificationJson(d.classification) },
  { name: "is_provisional", type: "boolean", read: (d) => d.isProvisional },
  { name: "promoted_at", type: "timestamptz", read: (d) => timeText(d.promotedMs) },
  // Arrays of arrays must be rectangular in PostgreSQL, so each travels as its text.
  { name: "instances", type: "text", cast: "int[]", read: (d) => `{${d.instances.join(",")}}` },
  {
    name: "sources",
    type: "text",
    cast: "text[]",
    read: (d) => `{${d.sources.map(quoted).join(",")}}`,
  },
  { name: "record_count", type: "int", read: (d) => d.recordCount },
  { name: "first_seen", type: "timestamptz", read: (d) => isoTime(d.firstMs) },
  { name: "last_seen", type: "timestamptz", read: (d) => isoTime(d.lastMs) },
  { name: "deleted_reason", type: "text", read: (d) => d.deletedReason },
  { name: "deleted_at", type: "timestamptz", read: (d) => timeText(d.deletedMs) },
];

/** As an element of an array's text. */
const quoted = memoized((text) => JSON.stringify(text));

function classificationJson(classified: Classified | undefined): string | null {
  if (classified === undefined) return null;
  const { source, ruleId, confidence, reason } = classified;
  return JSON.stringify({ source, rule_id: ruleId, confidence, reason });
}

function timeText(ms: number | undefined): string | null {
  return ms === undefined ? null : isoTime(ms);
}

const WRITE_DEVICES = ((): string => {
  const names = COLUMNS.map(({ name }) => name);
  const list = (write: (name: string) => string): string => names.map(write).join(", ");
  const taken = COLUMNS.map(({ name, cast }) =>
    cast === undefined ? `u.${name}` : `u.${name}::${cast}`,
  );
  const parameters = COLUMNS.map(({ type }, i) => `$${i + 4}::${type}[]`);
  return `insert into sync.devices as d (tenant, device_no, partition_no, ${list((name) => name)})
     select $1, u.device_no, u.partition_no, ${taken.join(", ")}
       from unnest($2::int[], $3::int[], ${parameters.join(", ")}) u(device_no, partition_no, ${list((name) => name)})
     on conflict (tenant, device_no) do update set ${list((name) => `${name} = excluded.${name}`)},
            modified_at = now()
      where (${list((name) => `d.${name}`)}) is distinct from (${list((name) => `excluded.${name}`)})`;
})();

/** Inserts devices or replaces everything but their creation time; rows that would not change are left alone. */
export async function writeDevices(
  tx: Tx,
  tenant: number,
  devices: readonly DeviceRow[],
): Promise<void> {
  if (devices.length === 0) return;
  const sorted = devices.toSorted((a, b) => a.deviceNo - b.deviceNo);
  const reads = COLUMNS.map(({ read }) => read);
  await tx.query(WRITE_DEVICES, [
    tenant,
    ...columns(
      sorted,
      (d) => d.deviceNo,
      (d) => d.partitionNo,
      ...reads,
    ),
  ]);
}

const COPIED: readonly string[] = ["device_no", "partition_no", ...COLUMNS.map(({ name }) => name)];

/** Inserts devices whose numbers and ids are new, in the order of their numbers: for those COPY does, at half the cost. */
export async function insertDevices(
  tx: Tx,
  tenant: number,
  devices: IteratorObject<DeviceRow>,
): Promise<void> {
  const rows = devices.map((d) => [
    d.deviceNo,
    d.partitionNo,
    ...COLUMNS.map(({ read }) => copied(read(d))),
  ]);
  await copyRows(tx, tenant, { into: "sync.devices", columns: COPIED, rows });
}

function copied(value: ReturnType<Column["read"]>): string | number | null {
  if (value === undefined || value === null) return null;
  return typeof value === "number" ? value : String(value);
}

/** A device that is taken out of the inventory, should it come back. */
export interface RemovedDevice {
  readonly deviceNo: number;
  /** As PostgreSQL writes it: a number of milliseconds would lose some of it. */
  readonly createdAt: string;
}

/** Takes devices out of the inventory; their ids live on as aliases. */
export async function removeDevices(
  tx: Tx,
  tenant: number,
  deviceNos: readonly number[],
): Promise<ReadonlyMap<CanonicalId, RemovedDevice>> {
  if (deviceNos.length === 0) return new Map();
  const { rows } = await tx.query<{ device_no: number; device_id: string; created_at: string }>(
    `delete from sync.devices where tenant = $1 and device_no = any($2::int[])
     returning device_no, device_id, created_at::text as created_at`,
    [tenant, deviceNos],
  );
  return new Map(
    rows.map((row) => [
      idOfUuid(row.device_id),
      { deviceNo: row.device_no, createdAt: row.created_at },
    ]),
  );
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

/** Inserts memberships of records that have none. */
export async function insertMembers(
  tx: Tx,
  tenant: number,
  members: readonly MemberRow[],
): Promise<void> {
  if (members.length === 0) return;
  const sorted = members.toSorted(
    (a, b) => a.recordNo - b.recordNo || a.fingerprint - b.fingerprint,
  );
  await copyRows(tx, tenant, {
    into: "sync.members",
    columns: ["record_no", "fingerprint", "device_no"],
    rows: sorted.map((m) => [m.recordNo, m.fingerprint, m.deviceNo]),
  });
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
