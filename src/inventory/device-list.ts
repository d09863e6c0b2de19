/** Reading the published inventory for operators: lists by keyset, single devices, and where their ids went. */
import type { Queryable } from "../db/session.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { countWhileCheap, type Total } from "./count.ts";
import { idOfUuid, uuidOf, type Classified } from "./device-store.ts";
import { LAST_SEEN, type Direction } from "./query-sql.ts";

/** A device as it is published; absent fields are unknown. */
export interface ListedDevice {
  readonly deviceNo: number;
  readonly id: CanonicalId;
  readonly partition: string;
  readonly ip: string | undefined;
  readonly mac: string | undefined;
  readonly hostname: string | undefined;
  readonly typeId: number;
  readonly type: string | undefined;
  readonly vendorName: string | undefined;
  readonly model: string | undefined;
  readonly os: string | undefined;
  readonly osVersion: string | undefined;
  readonly site: string | undefined;
  readonly owner: string | undefined;
  readonly serial: string | undefined;
  readonly riskScore: number | undefined;
  /** OCSF: 0 Info to 4 Critical. */
  readonly riskLevelId: number | undefined;
  readonly isManaged: boolean | undefined;
  readonly isTrusted: boolean | undefined;
  readonly isCompliant: boolean | undefined;
  readonly isAvailable: boolean | undefined;
  readonly classification: Classified | undefined;
  readonly isProvisional: boolean;
  readonly promotedMs: number | undefined;
  /** Source types. */
  readonly sources: readonly string[];
  /** Source instances. */
  readonly instances: readonly string[];
  readonly recordCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly deletedMs: number | undefined;
  readonly deletedReason: string | undefined;
  /** Of records and operators. */
  readonly tags: Readonly<Record<string, string>>;
  /** Keys of those that operators gave. */
  readonly ownTags: readonly string[];
}

type StoredClassification = Omit<Classified, "ruleId"> & { readonly rule_id: string };

/** A device as it is read, with DEVICE_COLUMNS. */
export type DeviceRow = {
  device_no: number;
  device_id: string;
  partition: string | null;
  ip: string | null;
  mac: string | null;
  hostname: string | null;
  type_id: number;
  type: string | null;
  vendor_name: string | null;
  model: string | null;
  os: string | null;
  os_version: string | null;
  site: string | null;
  owner: string | null;
  serial: string | null;
  risk_score: number | null;
  risk_level_id: number | null;
  is_managed: boolean | null;
  is_trusted: boolean | null;
  is_compliant: boolean | null;
  is_available: boolean | null;
  classification: StoredClassification | null;
  is_provisional: boolean;
  promoted_at: number | null;
  sources: string[];
  instances: string[];
  record_count: number;
  first_seen: number;
  last_seen: number;
  deleted_at: number | null;
  deleted_reason: string | null;
  tags: Record<string, string>;
  own_tags: Record<string, string>;
};
/** Columns of a DeviceRow, of DEVICE_FROM. */
export const DEVICE_COLUMNS = `d.device_no, d.device_id, p.name as partition, host(d.ip) as ip, d.mac, d.hostname, d.type_id, d.type, d.vendor_name,
  d.model, d.os, d.os_version, d.site, d.owner, d.serial, d.risk_score, d.risk_level_id, d.is_managed, d.is_trusted,
  d.is_compliant, d.is_available, d.classification, d.is_provisional, d.promoted_at, d.sources, d.record_count,
  d.first_seen, ${LAST_SEEN} as last_seen, d.deleted_at, d.deleted_reason,
  sync.tags_of(d.tenant, d.device_no) as tags, sync.own_tags_of(d.tenant, d.device_no) as own_tags,
  array(select i.name from sync.instances i where i.tenant = d.tenant and i.instance_no = any(d.instances) order by i.name)
    as instances`;
/** Where devices are read from. */
export const DEVICE_FROM =
  "sync.devices d left join sync.partitions p using (tenant, partition_no)";

/** Whether devices that their sources retracted are wanted. */
type DeviceState = "active" | "deleted" | "all";

/** Which devices of a tenant are wanted; absent filters let everything pass. */
export interface DeviceFilter {
  /** Devices whose hostname begins with one of `prefixes`, or that are one of `deviceNos`. */
  readonly match:
    | { readonly prefixes: readonly string[]; readonly deviceNos: readonly number[] }
    | undefined;
  readonly instance: string | undefined;
  readonly sourceType: string | undefined;
  /** OCSF caption in lower case, or its number. */
  readonly type: string | undefined;
  readonly partition: string | undefined;
  readonly state: DeviceState;
}

/** A prefix is a range of devices_hostname. Spelt out: `^@` is none for whom the barrier binds, since it is not leakproof. */
function begins(prefix: string): string {
  return `(d.hostname >= ${prefix}::text and d.hostname <= ${prefix}::text || chr(1114111))`;
}

/**
 * The filters as one condition over $1 to $11. The planner sees the parameters of an unnamed statement as constants, so what
 * is absent costs nothing.
 */
export const DEVICE_WHERE = `d.tenant = $1
  and (not $2 or d.device_no = any($3::int[]) or ${begins("$4")} or ${begins("$5")} or ${begins("$6")})
  and ($7::text is null
    or d.instances @> array(select instance_no from sync.instances where tenant = $1 and name = $7))
  and ($8::text is null or d.sources @> array[$8])
  and ($9::text is null or lower(d.type) = $9 or d.type_id::text = $9)
  and ($10::text is null or d.partition_no in (select partition_no from sync.partitions where tenant = $1 and name = $10))
  and ($11 = 'all' or (d.deleted_at is null) = ($11 = 'active'))`;

/** $1 to $11 of DEVICE_WHERE. */
export function filterParameters(tenant: number, filter: DeviceFilter): unknown[] {
  const { match, instance, sourceType, type, partition, state } = filter;
  const [one, two, three] = match?.prefixes ?? [];
  return [
    tenant,
    match !== undefined,
    match?.deviceNos ?? [],
    one,
    two ?? one,
    three ?? one,
    instance,
    sourceType,
    type,
    partition,
    state,
  ];
}

/** Numbers of devices are PostgreSQL's int; none is as high. */
const NO_MAX = 2 ** 31 - 1;

/** One page of devices in the order of their first publication, which no later change moves: those after or before `beyond`, without it from that end. */
export async function listDevices(
  db: Queryable,
  tenant: number,
  {
    filter,
    direction = "forwards",
    beyond,
    limit,
  }: {
    readonly filter: DeviceFilter;
    readonly direction?: Direction;
    readonly beyond?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly ListedDevice[]> {
  const isForwards = direction === "forwards";
  const isBeyond = isForwards
    ? "d.device_no > $12 order by 1"
    : "d.device_no < $12 order by 1 desc";
  const { rows } = await db.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from ${DEVICE_FROM} where ${DEVICE_WHERE} and ${isBeyond} limit $13`,
    [...filterParameters(tenant, filter), beyond ?? (isForwards ? 0 : NO_MAX), limit],
  );
  const found = rows.map(deviceOf);
  return isForwards ? found : found.toReversed();
}

/** How many devices pass the filter. */
export async function countDevices(
  db: Queryable,
  tenant: number,
  filter: DeviceFilter,
): Promise<Total> {
  const parameters = filterParameters(tenant, filter);
  return await countWhileCheap(db, { where: DEVICE_WHERE, parameters });
}

/** A device by its number. */
export async function findDevice(
  db: Queryable,
  tenant: number,
  deviceNo: number,
): Promise<ListedDevice | undefined> {
  const { rows } = await db.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from ${DEVICE_FROM} where d.tenant = $1 and d.device_no = $2`,
    [tenant, deviceNo],
  );
  return rows[0] === undefined ? undefined : deviceOf(rows[0]);
}

/** What a device is called, and how many records it has. */
export interface BriefDevice {
  readonly id: CanonicalId;
  readonly hostname: string | undefined;
  readonly ip: string | undefined;
  readonly recordCount: number;
}

/** Devices that have these ids as their own. */
export async function briefDevices(
  db: Queryable,
  tenant: number,
  ids: readonly CanonicalId[],
): Promise<readonly BriefDevice[]> {
  const { rows } = await db.query<{
    device_id: string;
    hostname: string | null;
    ip: string | null;
    record_count: number;
  }>(
    `select device_id, hostname, host(ip) as ip, record_count from sync.devices
      where tenant = $1 and device_id = any($2::uuid[])`,
    [tenant, ids.map(uuidOf)],
  );
  return rows.map((row) => ({
    id: idOfUuid(row.device_id),
    hostname: row.hostname ?? undefined,
    ip: row.ip ?? undefined,
    recordCount: row.record_count,
  }));
}

/** A device from its row. */
export function deviceOf(row: DeviceRow): ListedDevice {
  return {
    deviceNo: row.device_no,
    id: idOfUuid(row.device_id),
    partition: row.partition ?? "",
    ip: row.ip ?? undefined,
    mac: row.mac ?? undefined,
    hostname: row.hostname ?? undefined,
    typeId: row.type_id,
    type: row.type ?? undefined,
    vendorName: row.vendor_name ?? undefined,
    model: row.model ?? undefined,
    os: row.os ?? undefined,
    osVersion: row.os_version ?? undefined,
    site: row.site ?? undefined,
    owner: row.owner ?? undefined,
    serial: row.serial ?? undefined,
    riskScore: row.risk_score ?? undefined,
    riskLevelId: row.risk_level_id ?? undefined,
    isManaged: row.is_managed ?? undefined,
    isTrusted: row.is_trusted ?? undefined,
    isCompliant: row.is_compliant ?? undefined,
    isAvailable: row.is_available ?? undefined,
    classification: row.classification === null ? undefined : classifiedOf(row.classification),
    isProvisional: row.is_provisional,
    promotedMs: row.promoted_at ?? undefined,
    sources: row.sources,
    instances: row.instances,
    recordCount: row.record_count,
    firstMs: row.first_seen,
    lastMs: row.last_seen,
    deletedMs: row.deleted_at ?? undefined,
    deletedReason: row.deleted_reason ?? undefined,
    tags: row.tags,
    ownTags: Object.keys(row.own_tags).toSorted(),
  };
}

function classifiedOf({ rule_id: ruleId, ...rest }: StoredClassification): Classified {
  return { ruleId, ...rest };
}
