/** Devices by an SRQL query: pages in any order by keyset, counts, groups. What the query means as SQL is query-sql.ts's. */
import type { Queryable } from "../db/session.ts";
import type { DeviceQuery } from "../model/srql.ts";
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
import {
  afterOf,
  orderBySql,
  orderOf,
  Parameters,
  whereOf,
  type Found,
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

/** One page: the devices after `after` in the query's order. */
export async function searchDevices(
  db: Queryable,
  tenant: number,
  search: DeviceSearch & { readonly after: Position | undefined; readonly limit: number },
): Promise<readonly PlacedDevice[]> {
  const parameters = new Parameters(filterParameters(tenant, search.filter));
  const order = orderOf(search.query.sort);
  const where = whereOf(search.query, { found: search.found, parameters });
  const after =
    search.after === undefined ? "true" : afterOf(order, { position: search.after, parameters });
  const keys = order.map(({ sql }, i) => `, (${sql})::text as key_${i}`).join("");
  const { rows } = await db.query<DeviceRow & Readonly<Record<string, unknown>>>(
    `select ${DEVICE_COLUMNS}${keys} from ${DEVICE_FROM} where ${DEVICE_WHERE} and ${where} and ${after}
      order by ${orderBySql(order)} limit ${parameters.add(search.limit, "int")}`,
    parameters.values,
  );
  return rows.map((row) => {
    const values = order.map((_, i) => textOrNull(row[`key_${i}`]));
    return { device: deviceOf(row), position: { values, deviceNo: row.device_no } };
  });
}

/** How many devices the query finds; reads them all. */
export async function countFound(
  db: Queryable,
  tenant: number,
  search: DeviceSearch,
): Promise<number> {
  const parameters = new Parameters(filterParameters(tenant, search.filter));
  const where = whereOf(search.query, { found: search.found, parameters });
  const { rows } = await db.query<{ devices: number }>(
    `select count(*) as devices from sync.devices d where ${DEVICE_WHERE} and ${where}`,
    parameters.values,
  );
  return rows[0]?.devices ?? 0;
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
  return (term?.sql ?? "null").replace(/^lower\((.*)\)$/, "$1");
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
