/**
 * What a rehearsal changed so far, read inside its transaction. Everything that it wrote bears the transaction's own time, and
 * numbers from its marks on are its own; another connection still sees how it was before.
 */
import type { Db } from "../db/pool.ts";
import type { Tx } from "../db/tx.ts";
import { idOfUuid } from "../inventory/device-store.ts";
import { fieldChanges, type JsonRow } from "./field-change.ts";
import { kindOf } from "./kind.ts";
import type { NumberSet } from "./number-set.ts";
import type { ChangeDetail } from "./rehearsal-change.ts";
import { nameOfState, typeOfNumber } from "./value-store.ts";

/** Changes of each kind that are kept to be looked at; their count is always whole. */
const ROWS_MAX = 1_000;
/** Records looked at in one statement for being absent. */
const PAGE = 20_000;

/** How things stood before the first update. */
export interface Marks {
  readonly deviceNo: number;
  readonly mergeNo: number;
  readonly instanceNo: number | undefined;
  /** Records of the source. */
  readonly records: number;
}

/** Where effects are read. */
export interface Scene {
  readonly open: Tx;
  readonly tenant: number;
  readonly marks: Marks;
}

/** Changes of one kind: how many, and the first of them. */
export interface Effects {
  readonly count: number;
  readonly rows: readonly ChangeDetail[];
}

/** Reads the marks, under the tenant's fence. */
export async function readMarks(open: Tx, tenant: number, instance: string): Promise<Marks> {
  const {
    rows: [row],
  } = await open.query<{
    device_no: number;
    merge_no: number;
    instance_no: number | null;
    records: number;
  }>(
    `select t.next_device_no as device_no, i.instance_no,
            (select coalesce(max(merge_no), 0) from sync.merge_audit where tenant = $1) as merge_no,
            (select count(*) from sync.records where tenant = $1 and instance_no = i.instance_no) as records
       from sync.tenant_ingest t left join sync.instances i on i.tenant = t.tenant and i.name = $2
      where t.tenant = $1`,
    [tenant, instance],
  );
  return {
    deviceNo: row?.device_no ?? 1,
    mergeNo: row?.merge_no ?? 0,
    instanceNo: row?.instance_no ?? undefined,
    records: row?.records ?? 0,
  };
}

/** Devices that were not there before. */
export async function created({ open, tenant, marks }: Scene): Promise<Effects> {
  const { rows } = await open.query<DeviceName & { n: number }>(
    `select device_id, hostname, host(ip) as ip, count(*) over () as n from sync.devices
      where tenant = $1 and device_no >= $2 order by device_no limit $3`,
    [tenant, marks.deviceNo, ROWS_MAX],
  );
  return { count: rows[0]?.n ?? 0, rows: rows.map(named) };
}

type DeviceName = { device_id: string; hostname: string | null; ip: string | null };

function named({ device_id: id, hostname, ip }: DeviceName): ChangeDetail {
  return {
    id: idOfUuid(id),
    ...(hostname === null ? {} : { hostname }),
    ...(ip === null ? {} : { ip }),
  };
}

/** Devices that show something else than before, with what. */
export async function updated({ open, tenant, marks }: Scene, before: Db): Promise<Effects> {
  const { rows } = await open.query<DeviceName & { device_no: number; n: number }>(
    `select device_no, device_id, hostname, host(ip) as ip, count(*) over () as n from sync.devices
      where tenant = $1 and device_no < $2 and modified_at = now() order by device_no limit $3`,
    [tenant, marks.deviceNo, ROWS_MAX],
  );
  const nos = rows.map((row) => row.device_no);
  const [old, young] = [await deviceRows(before, tenant, nos), await deviceRows(open, tenant, nos)];
  return {
    count: rows[0]?.n ?? 0,
    rows: rows.map((row) => ({
      ...named(row),
      fields: fieldChanges(old.get(row.device_no) ?? {}, young.get(row.device_no) ?? {}),
    })),
  };
}

async function deviceRows(
  at: Pick<Tx, "query">,
  tenant: number,
  deviceNos: readonly number[],
): Promise<ReadonlyMap<number, JsonRow>> {
  const { rows } = await at.query<{ device_no: number; row: JsonRow }>(
    `select device_no, to_jsonb(d) - '{tenant,device_no,created_at,modified_at}'::text[] as row
       from sync.devices d where tenant = $1 and device_no = any($2::int[])`,
    [tenant, deviceNos],
  );
  return new Map(rows.map((row) => [row.device_no, row.row]));
}

/** Published ids that lead to another device now; addresses that nobody claimed before are counted apart. */
export async function merged({
  open,
  tenant,
  marks,
}: Scene): Promise<Effects & { readonly addresses: number }> {
  const { rows } = await open.query<{
    from_device_id: string;
    reason: string;
    to_id: string | null;
    hostname: string | null;
    devices: number;
    addresses: number;
  }>(
    `select a.from_device_id, a.reason, d.device_id as to_id, d.hostname,
            count(*) filter (where not a.is_address) over () as devices, count(*) filter (where a.is_address) over () as addresses
       from (select distinct on (from_device_id) from_device_id, reason, reason = 'ip_alias_conflict' as is_address
               from sync.merge_audit where tenant = $1 and merge_no > $2 order by from_device_id, merge_no desc) a
       left join sync.aliases l on l.tenant = $1 and l.device_id = a.from_device_id
       left join sync.devices d on d.tenant = $1 and d.device_no = l.device_no
      order by a.is_address, a.from_device_id limit $3`,
    [tenant, marks.mergeNo, ROWS_MAX],
  );
  return {
    count: rows[0]?.devices ?? 0,
    addresses: rows[0]?.addresses ?? 0,
    rows: rows.map((row) => ({
      id: idOfUuid(row.from_device_id),
      reason: row.reason,
      ...(row.to_id === null ? {} : { to_id: idOfUuid(row.to_id) }),
      ...(row.hostname === null ? {} : { hostname: row.hostname }),
    })),
  };
}

/** Pairs of records that look like one device and are held apart, and values that join no records any more: what is new of both. */
export async function conflicts({ open, tenant }: Scene): Promise<Effects> {
  const pairs = await open.query<{
    a: number;
    b: number;
    reason: string;
    evidence: readonly { readonly type: string; readonly value: string }[];
    n: number;
  }>(
    `select record_a as a, record_b as b, reason, evidence, count(*) over () as n from sync.quarantine
      where tenant = $1 and since = now() order by points desc, record_a, record_b limit $2`,
    [tenant, ROWS_MAX],
  );
  const values = await open.query<{ type: number; value: string; state: number; n: number }>(
    `select type, value, state, count(*) over () as n from sync.value_states
      where tenant = $1 and since = now() order by type, value limit $2`,
    [tenant, ROWS_MAX],
  );
  return {
    count: (pairs.rows[0]?.n ?? 0) + (values.rows[0]?.n ?? 0),
    rows: [
      ...pairs.rows.map(({ a, b, reason, evidence }) => ({
        record_no: a,
        other_record_no: b,
        reason,
        value: evidence.map(({ type, value }) => `${type}:${value}`).join(", "),
      })),
      ...values.rows.map(({ type, value, state }) => ({
        value_type: typeOfNumber(type),
        value,
        reason: nameOfState(state),
      })),
    ].slice(0, ROWS_MAX),
  };
}

type AbsentRow = { record_no: number; kind: number; native: string; device_no: number | null };

/** Records of the source that were not seen, page by page, and the devices that stand on such records alone. */
export async function retracted(
  { open, tenant, marks }: Scene,
  seen: NumberSet,
): Promise<Effects & { readonly devices: number }> {
  let [count, devices, after] = [0, 0, 0];
  const listed: ChangeDetail[] = [];
  for (;;) {
    const page = await presentRecords({ open, tenant, marks }, after);
    const last = page.at(-1);
    if (last === undefined) return { count, devices, rows: listed };
    after = last.record_no;
    const absent = page.filter((row) => !seen.has(row.record_no));
    const going = await goingDevices({ open, tenant, marks }, { absent, seen });
    count += absent.length;
    // A device is counted with the first of its records.
    devices += [...going.values()].filter(({ first }) =>
      absent.some((row) => row.record_no === first),
    ).length;
    for (const { record_no: no, kind, native, device_no: deviceNo } of absent.slice(
      0,
      ROWS_MAX - listed.length,
    )) {
      const device = going.get(deviceNo ?? 0);
      listed.push({
        record_no: no,
        kind: kindOf(kind),
        native_id: native,
        device_goes: device !== undefined,
        ...device?.name,
      });
    }
  }
}

/** Records of the source that stand: not deleted. */
async function presentRecords(
  { open, tenant, marks }: Scene,
  after: number,
): Promise<readonly AbsentRow[]> {
  const { rows } = await open.query<AbsentRow>(
    `select r.record_no, r.kind, r.native,
            (select min(device_no) from sync.members m where m.tenant = r.tenant and m.record_no = r.record_no) as device_no
       from sync.records r
      where r.tenant = $1 and r.record_no > $2 and r.instance_no = $3 and ${STANDS}
      order by r.record_no limit $4`,
    [tenant, after, marks.instanceNo, PAGE],
  );
  return rows;
}

const STANDS = `not exists (
          select from sync.record_deletions x
           where x.tenant = r.tenant and x.partition_no = r.partition_no and x.kind = r.kind and x.native = r.native
             and x.instance_no = r.instance_no and (x.reason <> 'source' or x.deleted_at >= r.current_at))`;

type Going = { readonly first: number; readonly name: ChangeDetail };

/** Devices of absent records that have no record that stays, by number. */
async function goingDevices(
  { open, tenant, marks }: Scene,
  { absent, seen }: { readonly absent: readonly AbsentRow[]; readonly seen: NumberSet },
): Promise<ReadonlyMap<number, Going>> {
  const { rows } = await open.query<
    DeviceName & { device_no: number; record_no: number; is_own: boolean }
  >(
    `select d.device_no, d.device_id, d.hostname, host(d.ip) as ip, r.record_no, r.instance_no = $3 as is_own
       from sync.devices d
       join sync.members m on m.tenant = d.tenant and m.device_no = d.device_no
       join sync.records r on r.tenant = m.tenant and r.record_no = m.record_no
      where d.tenant = $1 and d.device_no = any($2::int[]) and ${STANDS}`,
    [tenant, [...new Set(absent.flatMap((row) => row.device_no ?? []))], marks.instanceNo],
  );
  const going = new Map<number, Going>();
  for (const [no, own] of Map.groupBy(rows, (row) => row.device_no)) {
    const [device] = own;
    if (device === undefined || own.some((row) => !row.is_own || seen.has(row.record_no))) continue;
    going.set(no, { first: Math.min(...own.map((row) => row.record_no)), name: named(device) });
  }
  return going;
}
