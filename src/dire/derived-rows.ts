/** SQL that reads what is derived, as rows that can be compared. */
import type { Queryable } from "../db/session.ts";
import { idOfUuid } from "../inventory/device-store.ts";
import type { Rows } from "./difference.ts";
import type { JsonRow } from "./field-change.ts";
import { blockOf, formatRanges, parseRanges } from "./record-ranges.ts";

/** Devices of these numbers, by id, without what says only when they were written. */
export async function readDeviceRows(
  db: Queryable,
  tenant: number,
  deviceNos: readonly number[],
): Promise<Rows<JsonRow>> {
  const { rows } = await db.query<{ device_id: string; row: JsonRow }>(
    `select device_id, to_jsonb(d) - '{tenant,created_at,modified_at}'::text[] as row
       from sync.devices d where tenant = $1 and device_no = any($2::int[])`,
    [tenant, deviceNos],
  );
  return new Map(rows.map((row) => [idOfUuid(row.device_id), row.row]));
}

/** Which device each record, or each fingerprint of it, is of; a number where that device is gone. */
export async function readMemberRows(
  db: Queryable,
  tenant: number,
  recordNos: readonly number[],
): Promise<Rows> {
  const { rows } = await db.query<{
    record_no: number;
    fingerprint: number;
    device_no: number;
    device_id: string | null;
  }>(
    `select m.record_no, m.fingerprint, m.device_no, d.device_id
       from sync.members m left join sync.devices d using (tenant, device_no)
      where m.tenant = $1 and m.record_no = any($2::int[])`,
    [tenant, recordNos],
  );
  return new Map(
    rows.map((row) => [
      `record ${row.record_no}${row.fingerprint === 0 ? "" : `, fingerprint ${row.fingerprint}`}`,
      row.device_id === null ? row.device_no : idOfUuid(row.device_id),
    ]),
  );
}

/** Ids that lead to these devices. */
export async function readAliasRows(
  db: Queryable,
  tenant: number,
  deviceNos: readonly number[],
): Promise<Rows> {
  const { rows } = await db.query<{ alias: string; device_no: number; device_id: string | null }>(
    `select a.device_id as alias, a.device_no, d.device_id
       from sync.aliases a left join sync.devices d using (tenant, device_no)
      where a.tenant = $1 and a.device_no = any($2::int[])`,
    [tenant, deviceNos],
  );
  return new Map(
    rows.map((row) => [
      idOfUuid(row.alias),
      row.device_id === null ? row.device_no : idOfUuid(row.device_id),
    ]),
  );
}

/** From which day on each of these records is watched. */
export async function readWatchDays(
  db: Queryable,
  tenant: number,
  recordNos: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await db.query<{ day: number; hit: string }>(
    `select day, (records * $3::int4multirange)::text as hit from sync.watches
      where tenant = $1 and block = any($2::int[]) and records && $3::int4multirange order by day desc`,
    [tenant, [...new Set(recordNos.map(blockOf))], formatRanges(recordNos)],
  );
  const days = new Map<number, number>();
  for (const { day, hit } of rows) {
    for (const no of parseRanges(hit)) days.set(no, day);
  }
  return days;
}

/** Pairs that are held apart, of which the lesser is one of these records. */
export async function readQuarantineRows(
  db: Queryable,
  tenant: number,
  recordNos: readonly number[],
): Promise<Rows<JsonRow>> {
  const { rows } = await db.query<{ a: number; b: number; row: JsonRow }>(
    `select record_a as a, record_b as b, to_jsonb(q) - '{tenant,quarantine_no,since}'::text[] as row
       from sync.quarantine q where tenant = $1 and record_a = any($2::int[])`,
    [tenant, recordNos],
  );
  return new Map(rows.map(({ a, b, row }) => [`records ${a} and ${b}`, row]));
}
