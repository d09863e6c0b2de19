import type { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import type { DeviceFilter } from "../inventory/device-list.ts";
import type { DeviceSearch } from "../inventory/device-search.ts";
import type { Position } from "../inventory/query-sql.ts";
import { parseSrql, type Condition, type DeviceQuery } from "../model/srql.ts";
import type { deviceQuery } from "./contract-devices.ts";
import { devicesOf, matchOf } from "./device-search.ts";
import { Problem } from "./errors.ts";
import type { Finds } from "./recent-finds.ts";
import { findInstance } from "./source-filter.ts";

/** Fields whose whole values the value index finds, in every record of a device and not only in what won. */
const INDEXED: ReadonlySet<string> = new Set(["device_id", "ip", "mac", "serial"]);
/** Values of one condition that are looked up one by one; a longer list is compared with what is published. */
const LOOKED_UP_MAX = 32;
/** Numbers of devices are PostgreSQL's int. */
const INT_END = 2 ** 31;

type Asked = Pick<
  z.infer<typeof deviceQuery>,
  "q" | "query" | "source" | "type" | "partition" | "state"
>;

/** The filters of a request, looked up. */
export async function filterOf(
  db: Db,
  { tenant }: Tenant,
  { q, source, type, partition, state }: Asked,
): Promise<DeviceFilter> {
  const instance = source === undefined ? undefined : await findInstance(db, tenant, source);
  return {
    match: q === undefined ? undefined : await matchOf(db, tenant, q),
    instance,
    // A word that names no source may be a type: "netbox" means all of that type.
    sourceType: instance === undefined ? source?.toLowerCase() : undefined,
    type,
    partition,
    state,
  };
}

/** What a request with a query is read with. */
export interface Searching {
  readonly asked: Asked & { readonly query: string };
  readonly nowMs: number;
  readonly finds: Finds;
}

/** A request with an SRQL query. Throws `invalid_request`, with the place, for one that cannot be answered. */
export async function searchOf(
  db: Db,
  tenant: Tenant,
  { asked, nowMs, finds }: Searching,
): Promise<DeviceSearch> {
  const parsed = parseSrql(asked.query, nowMs);
  if (!parsed.ok) {
    const { message, span, suggestion } = parsed.error;
    const position = { from: span.from, to: span.to };
    const error = { path: "query", message, position, ...(suggestion && { suggestion }) };
    throw new Problem("invalid_request", `query: ${message}, at ${span.from + 1}`, {
      errors: [error],
    });
  }
  const query = await withSourceIds(db, tenant, parsed.value);
  const found = new Map<Condition, readonly number[]>();
  for (const condition of query.conditions) {
    const numbers =
      (await lookedUp(db, tenant, condition)) ?? (await finds.of(db, tenant.tenant, condition));
    if (numbers !== undefined) found.set(condition, numbers);
  }
  return { filter: await filterOf(db, tenant, asked), query, found };
}

/** Records know a source by its id; people by its name. */
async function withSourceIds(db: Db, { tenant }: Tenant, query: DeviceQuery): Promise<DeviceQuery> {
  if (!query.conditions.some(({ field }) => field === "discovery_sources")) return query;
  const names = [...(await sourceNames(db, tenant))];
  const conditions = query.conditions.map((condition): Condition => {
    const { field, test } = condition;
    if (field !== "discovery_sources" || test.kind !== "text") return condition;
    const wanted = new Set(test.any.map(({ text }) => text.toLowerCase()));
    const ids = names.filter(([, name]) => wanted.has(name.toLowerCase()));
    const any = [...test.any, ...ids.map(([text]) => ({ text, isWild: false }))];
    return { ...condition, test: { kind: "text", any } };
  });
  return { ...query, conditions };
}

async function lookedUp(
  db: Db,
  { tenant }: Tenant,
  { field, test }: Condition,
): Promise<readonly number[] | undefined> {
  if (!INDEXED.has(field) || (test.kind !== "text" && test.kind !== "network")) return undefined;
  const whole = test.any.flatMap((one) => {
    if (typeof one === "string") return one.includes("/") ? [] : [one];
    return one.isWild ? [] : [one.text];
  });
  if (whole.length < test.any.length || whole.length > LOOKED_UP_MAX) return undefined;
  const numbers: number[] = [];
  for (const text of whole) numbers.push(...(await devicesOf(db, tenant, { field, text })));
  return numbers;
}

/** Where a page of a query ended, as text for `next`. */
export function positionText({ values, deviceNo }: Position): string {
  return `q${Buffer.from(JSON.stringify([deviceNo, ...values])).toString("base64url")}`;
}

/** Reads it again. Throws `invalid_request` for a text that no page of this order gave. */
export function readPosition(text: string | undefined, sortKeys: number): Position | undefined {
  if (text === undefined) return undefined;
  const [deviceNo, ...values] = arrayOf(Buffer.from(text.slice(1), "base64url").toString());
  const isWhole = values.length === sortKeys || values.length === 1;
  const isOurs =
    text.startsWith("q") &&
    Number.isSafeInteger(deviceNo) &&
    Math.abs(Number(deviceNo)) < INT_END &&
    isWhole &&
    values.every((value) => value === null || typeof value === "string");
  if (isOurs) return { deviceNo: Number(deviceNo), values };
  throw wrongPosition();
}

/** What a position is answered with that no page of the order gave. */
export function wrongPosition(): Problem {
  const message = "after: is not the `next` of a list in this order";
  return new Problem("invalid_request", message);
}

function arrayOf(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
