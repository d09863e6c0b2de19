/** Devices by an SRQL query: pages in any order by keyset, counts, groups. What the query means as SQL is query-sql.ts's. */
import type { Queryable } from "../db/session.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import type { DeviceQuery } from "../model/srql.ts";
import { countWhileCheap, type Total } from "./count.ts";
import {
  deviceOf,
  DEVICE_COLUMNS,
  DEVICE_FROM,
  DEVICE_WHERE,
  filterParameters,
  type DeviceFilter,
  type DeviceRow,
  type ListedDevice,
} from "./device-list.ts";
import { idOfUuid, uuidOf } from "./device-store.ts";
import {
  beyondOf,
  LAST_SEEN,
  orderBySql,
  orderOf,
  Parameters,
  whereOf,
  type Direction,
  type Found,
  type Part,
  type Position,
} from "./query-sql.ts";

/** What is asked: a query on top of the plain filters. */
export interface DeviceSearch {
  readonly filter: DeviceFilter;
  readonly query: DeviceQuery;
  /** What was looked up of its conditions beforehand. */
  readonly found: Found;
}

/** A device, and where it stands in the order that was asked for. */
export interface PlacedDevice {
  readonly device: ListedDevice;
  readonly position: Position;
}

/** Members of one combination of values. */
export interface DeviceGroup {
  /** By field, in the order of the query; null where devices have no value. */
  readonly values: readonly (string | null)[];
  readonly devices: number;
}

/** Most groups of an answer, the largest first: more is a list, and lists have pages. */
export const GROUPS_MAX = 1_000;

/** Where a page is read: behind a position or before it; without one from the beginning, or backwards from the end. */
export interface PageAsked {
  readonly position: Position | undefined;
  readonly direction: Direction;
  readonly limit: number;
}

/**
 * One page in the query's order, whichever way it is read. Devices without a value of the first key stand last and are read by a
 * statement of their own: neither part then needs more than its index, and most pages need one part alone.
 */
export async function searchDevices(
  db: Queryable,
  tenant: number,
  search: DeviceSearch & PageAsked,
): Promise<readonly PlacedDevice[]> {
  const { position, direction, limit } = search;
  const tied = await seenTogether(db, tenant, search);
  if (tied?.length === limit) return direction === "forwards" ? tied : tied.toReversed();
  const isForwards = direction === "forwards";
  const [first] = orderOf(search.query.sort);
  const standsUnknown =
    position === undefined
      ? first?.isNullable === true && !isForwards
      : position.values[0] === null;
  const stands: Part = first !== undefined && standsUnknown ? "unknown" : "known";
  const found = [...(await readPart(db, tenant, { ...search, part: stands }))];
  const other: Part = stands === "known" ? "unknown" : "known";
  const goesOn = isForwards === (stands === "known") && first?.isNullable === true;
  if (goesOn && found.length < limit) {
    const rest = { ...search, part: other, position: undefined, limit: limit - found.length };
    found.push(...(await readPart(db, tenant, rest)));
  }
  return isForwards ? found : found.toReversed();
}

async function readPart(
  db: Queryable,
  tenant: number,
  search: DeviceSearch & PageAsked & { readonly part: Part },
): Promise<readonly PlacedDevice[]> {
  const parameters = new Parameters(filterParameters(tenant, search.filter));
  const order = orderOf(search.query.sort);
  const where = whereOf(search.query, { found: search.found, parameters });
  const beyond = beyondOf(order, { ...search, parameters });
  const keys = order.map(({ sql }, i) => `, (${sql})::text as key_${i}`).join("");
  const page = `
    select d.device_no${keys} from sync.devices d where ${DEVICE_WHERE} and ${where} and ${beyond}
     order by ${orderBySql(order, search)} limit ${parameters.add(search.limit, "int")}`;
  return await placedDevices(db, { page, keys: order.length, parameters });
}

/** Devices of which `page` says the numbers and the values of so many keys, in its order. */
async function placedDevices(
  db: Queryable,
  {
    page,
    keys,
    parameters,
  }: { readonly page: string; readonly keys: number; readonly parameters: Parameters },
): Promise<readonly PlacedDevice[]> {
  const all = Array.from({ length: keys }, (_, i) => i);
  const names = all.map((i) => `, placed.key_${i}`).join("");
  // Which devices is decided first and over the narrow rows alone, so that several processes may help where there is no index.
  const { rows } = await db.query<DeviceRow & Readonly<Record<string, unknown>>>(
    `with page as materialized (${page}),
     placed as (select page.*, row_number() over () as place from page)
     select ${DEVICE_COLUMNS}${names}
       from placed join (${DEVICE_FROM}) on d.tenant = $1 and d.device_no = placed.device_no order by placed.place`,
    parameters.values,
  );
  return rows.map((row) => {
    const values = all.map((i) => textOrNull(row[`key_${i}`]));
    return { device: deviceOf(row), position: { values, deviceNo: row.device_no } };
  });
}

/** Devices that are looked at for those that were seen at one time: half of a busy tenth of a second. */
const TOGETHER_MAX = 2_000;

/**
 * In the order of when devices were seen: those of one time, by their numbers. A run sees most devices at one and the same time, so a
 * page mostly has no other: that of the position, or of those seen last the newest time there is. Where too few of those that come next are
 * of it, the page is what a pass over all devices and their records says, which of a million takes seconds. Undefined in any other order.
 */
async function seenTogether(
  db: Queryable,
  tenant: number,
  search: DeviceSearch & PageAsked,
): Promise<readonly PlacedDevice[] | undefined> {
  const { position, direction, limit } = search;
  const { sort } = search.query;
  const [first] = sort;
  if (first?.field !== "last_seen" || sort.length > 1 || limit > TOGETHER_MAX) return undefined;
  const isNewestFirst = first.isDescending === (direction === "forwards");
  const seen = position?.values[0] ?? (isNewestFirst ? await lastSighting(db, tenant) : null);
  if (seen === null) return undefined;
  const parameters = new Parameters(filterParameters(tenant, search.filter));
  const where = whereOf(search.query, { found: search.found, parameters });
  const at = parameters.add(seen, "timestamptz");
  const beyond =
    position === undefined
      ? "true"
      : `d.device_no ${isNewestFirst ? "<" : ">"} ${parameters.add(position.deviceNo, "int")}`;
  const way = isNewestFirst ? "desc" : "asc";
  const page = `
    select d.device_no, (${at})::text as key_0
      from (select d.tenant, d.device_no, d.last_seen from sync.devices d
             where ${DEVICE_WHERE} and ${where} and d.last_seen <= ${at} and ${beyond}
             order by d.device_no ${way} limit ${TOGETHER_MAX}) d
     where ${LAST_SEEN} = ${at} order by d.device_no ${way} limit ${parameters.add(limit, "int")}`;
  return await placedDevices(db, { page, keys: 1, parameters });
}

/** No device was seen later. */
async function lastSighting(db: Queryable, tenant: number): Promise<string | null> {
  const { rows } = await db.query<{ seen: string | null }>(
    `select greatest(
       (select max(last_seen) from sync.devices where tenant = $1),
       (select max(event_at) from sync.seen_segments where tenant = $1),
       (select max(last_seen) from sync.record_sightings where tenant = $1))::text as seen`,
    [tenant],
  );
  return rows[0]?.seen ?? null;
}

/** Devices that the query finds, and of `ids` where those are given, by their numbers: those after `after`. */
export async function foundDevices(
  db: Queryable,
  tenant: number,
  search: DeviceSearch & {
    readonly ids: readonly CanonicalId[] | undefined;
    readonly after: number;
    readonly limit: number;
  },
): Promise<readonly { readonly deviceNo: number; readonly id: CanonicalId }[]> {
  const parameters = new Parameters(filterParameters(tenant, search.filter));
  const where = whereOf(search.query, { found: search.found, parameters });
  const among =
    search.ids === undefined
      ? "true"
      : `d.device_id = any(${parameters.add(search.ids.map(uuidOf), "uuid[]")})`;
  const { rows } = await db.query<{ device_no: number; device_id: string }>(
    `select d.device_no, d.device_id from sync.devices d
      where ${DEVICE_WHERE} and ${where} and ${among} and d.device_no > ${parameters.add(search.after, "int")}
      order by d.device_no limit ${parameters.add(search.limit, "int")}`,
    parameters.values,
  );
  return rows.map((row) => ({ deviceNo: row.device_no, id: idOfUuid(row.device_id) }));
}

/** How many devices the query finds. */
export async function countFound(
  db: Queryable,
  tenant: number,
  search: DeviceSearch,
): Promise<Total> {
  const parameters = new Parameters(filterParameters(tenant, search.filter));
  const where = whereOf(search.query, { found: search.found, parameters });
  const whole = `${DEVICE_WHERE} and ${where}`;
  return await countWhileCheap(db, { where: whole, parameters: parameters.values });
}

/** The devices that a query finds, counted by the fields of its `stats`; the largest groups first. */
export async function groupDevices(
  db: Queryable,
  tenant: number,
  search: DeviceSearch,
): Promise<readonly DeviceGroup[]> {
  const { by, atLeast } = search.query.grouping ?? { by: [], atLeast: 1 };
  const parameters = new Parameters(filterParameters(tenant, search.filter));
  const where = whereOf(search.query, { found: search.found, parameters });
  const fields = by.map((field) => groupedBy(field));
  const keys = fields.map((sql, i) => `(${sql})::text as key_${i}, `).join("");
  const grouped = fields.length === 0 ? "" : `group by ${fields.map((_, i) => i + 1).join(", ")}`;
  const { rows } = await db.query<{ devices: number } & Readonly<Record<string, unknown>>>(
    `select ${keys}count(*) as devices from sync.devices d where ${DEVICE_WHERE} and ${where} ${grouped}
      having count(*) >= ${parameters.add(atLeast, "int")}
      order by devices desc${fields.map((_, i) => `, ${i + 1}`).join("")} limit ${GROUPS_MAX}`,
    parameters.values,
  );
  return rows.map((row) => ({
    values: fields.map((_, i) => textOrNull(row[`key_${i}`])),
    devices: row.devices,
  }));
}

/** Values as they are shown; only an order folds upper and lower case. */
function groupedBy(field: string): string {
  const [term] = orderOf([{ field, isDescending: false }]);
  return (term?.sql ?? "null").replace(/^sync\.folded\((.*)\)$/, "$1");
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
