/** SQL of the quality watch: written with each publication, read in proportion to what is wrong. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { idOfUuid, uuidOf } from "../inventory/device-store.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { splitValue } from "./history-store.ts";
import { kindOf, type Kind } from "./kind.ts";
import type { Crowd, RecordMove } from "./quality.ts";
import { columns } from "./record-store.ts";
import type { ValueState } from "./value-state.ts";
import { nameOfState, typeOfNumber } from "./value-store.ts";
import type { ValueType } from "./values.ts";

/** Days for which moves are kept. */
export const MOVE_DAYS = 30;
/** Moves within MOVE_DAYS from which on something is said to flap: there and back again, and there. */
export const FLAPS_MIN = 3;
/** Holders of a value that are counted; "1,000" then means as many or more. */
const HOLDERS_COUNTED_MAX = 1_000;
/** The day that it is, in SQL. */
export const TODAY = "floor(extract(epoch from now()) / 86400)::int";

/** Notes moves of records and of the values that go with them. Those older than MOVE_DAYS go. */
export async function addMoves(
  tx: Tx,
  tenant: number,
  moves: readonly (RecordMove & { readonly partitionNo: number })[],
): Promise<void> {
  if (moves.length === 0) return;
  // Two parts of a record may move at once.
  const records = [...new Map(moves.map((move) => [move.recordNo, move])).values()];
  const sorted = records.toSorted((a, b) => a.recordNo - b.recordNo);
  await tx.query(
    `insert into sync.record_moves as m (tenant, day, record_no, moves, from_device_id, to_device_id)
     select $1, ${TODAY}, u.r, 1, u.f, u.t from unnest($2::int[], $3::uuid[], $4::uuid[]) u(r, f, t)
     on conflict (tenant, day, record_no) do update set moves = m.moves + 1, from_device_id = excluded.from_device_id,
            to_device_id = excluded.to_device_id`,
    [
      tenant,
      ...columns(
        sorted,
        (m) => m.recordNo,
        (m) => uuidOf(m.from),
        (m) => uuidOf(m.to),
      ),
    ],
  );
  const values = moves.flatMap(({ partitionNo, values: own }) =>
    own.map((value) => ({ partitionNo, ...splitValue(value) })),
  );
  await tx.query(
    `insert into sync.value_moves as m (tenant, day, partition_no, type, value, moves)
     select $1, ${TODAY}, u.p, u.t, u.v, 1 from (
       select distinct p, t, v collate "C" as v from unnest($2::int[], $3::smallint[], $4::text[]) w(p, t, v)) u
      order by 3, 4, 5
     on conflict (tenant, day, partition_no, type, value) do update set moves = m.moves + 1`,
    [
      tenant,
      ...columns(
        values,
        (v) => v.partitionNo,
        (v) => v.type,
        (v) => v.text,
      ),
    ],
  );
  for (const table of ["record_moves", "value_moves"]) {
    await tx.query(`delete from sync.${table} where tenant = $1 and day < ${TODAY} - $2::int`, [
      tenant,
      MOVE_DAYS,
    ]);
  }
}

/** Notes which of these devices have suspiciously much; the others are no longer listed. */
export async function writeCrowds(
  tx: Tx,
  tenant: number,
  {
    crowds,
    calm,
  }: { readonly crowds: ReadonlyMap<number, Crowd>; readonly calm: readonly number[] },
): Promise<void> {
  await tx.query(
    "delete from sync.crowded_devices where tenant = $1 and device_no = any($2::int[])",
    [tenant, calm],
  );
  if (crowds.size === 0) return;
  await tx.query(
    `insert into sync.crowded_devices as c (tenant, device_no, record_count, address_count)
     select $1, u.* from unnest($2::int[], $3::int[], $4::int[]) u(no, r, a) order by no
     on conflict (tenant, device_no) do update set record_count = excluded.record_count, address_count = excluded.address_count
      where (c.record_count, c.address_count) <> (excluded.record_count, excluded.address_count)`,
    [
      tenant,
      ...columns(
        [...crowds].toSorted(([a], [b]) => a - b),
        ([no]) => no,
        ([, { records }]) => records,
        ([, { addresses }]) => addresses,
      ),
    ],
  );
}

/** A count, and the worst of what is counted. */
interface Listed<Row> {
  readonly count: number;
  readonly rows: readonly Row[];
}

/** A record that keeps changing its device. */
interface FlappingRecord {
  readonly recordNo: number;
  readonly kind: Kind | undefined;
  readonly native: string;
  readonly instance: string;
  readonly moves: number;
  readonly from: CanonicalId;
  readonly to: CanonicalId;
}

/** A value that keeps changing its device. */
interface FlappingValue {
  readonly partition: string;
  readonly type: ValueType | undefined;
  readonly value: string;
  readonly moves: number;
}

/** A device of suspiciously much. */
interface CrowdedDevice extends Crowd {
  readonly id: CanonicalId;
  readonly hostname: string | undefined;
  readonly sinceMs: number;
}

/** A value that was found to say nothing of one device. */
interface LearntValue {
  readonly partition: string;
  readonly type: ValueType | undefined;
  readonly value: string;
  readonly state: ValueState;
  readonly holders: number;
  readonly sinceMs: number;
}

/** A merge that an operator took back. */
interface OverturnedMerge {
  /** What is a device of its own again, and what it was part of. */
  readonly id: CanonicalId;
  readonly wasPartOf: CanonicalId;
  readonly atMs: number;
}

/** What the quality watch has of a tenant. */
export interface Quality {
  readonly flappingRecords: Listed<FlappingRecord>;
  readonly flappingValues: Listed<FlappingValue>;
  readonly crowdedDevices: Listed<CrowdedDevice>;
  readonly learntValues: Listed<LearntValue>;
  readonly overturnedMerges: Listed<OverturnedMerge>;
  readonly contested: number;
  readonly generic: number;
  /** Pairs of records that look like one device, are not joined, and that nobody has decided of. */
  readonly heldApart: number;
}

/** Reads the quality watch, with at most `limit` rows of each kind, the worst first. */
export async function readQuality(db: Queryable, tenant: number, limit: number): Promise<Quality> {
  const states = await countStates(db, tenant);
  return {
    flappingRecords: await flappingRecords(db, tenant, limit),
    flappingValues: await flappingValues(db, tenant, limit),
    crowdedDevices: await crowdedDevices(db, tenant, limit),
    learntValues: {
      count: states.contested + states.generic - (await countSpoken(db, tenant)),
      rows: await learntValues(db, tenant, limit),
    },
    overturnedMerges: await overturnedMerges(db, tenant, limit),
    ...states,
    heldApart: await countHeldApart(db, tenant),
  };
}

async function flappingRecords(
  db: Queryable,
  tenant: number,
  limit: number,
): Promise<Listed<FlappingRecord>> {
  const { rows } = await db.query<{
    record_no: number;
    kind: number;
    native: string;
    instance: string;
    moves: number;
    from_id: string;
    to_id: string;
    n: number;
  }>(
    `select w.record_no, r.kind, r.native, i.name as instance, w.moves, w.from_id, w.to_id, w.n from (
       select record_no, sum(moves) as moves, count(*) over () as n,
              (array_agg(from_device_id order by day desc))[1] as from_id,
              (array_agg(to_device_id order by day desc))[1] as to_id
         from sync.record_moves where tenant = $1 and day >= ${TODAY} - $3::int
        group by record_no having sum(moves) >= $4 order by moves desc, record_no limit $2) w
       join sync.records r on r.tenant = $1 and r.record_no = w.record_no
       join sync.instances i on i.tenant = $1 and i.instance_no = r.instance_no
      order by w.moves desc, w.record_no`,
    [tenant, limit, MOVE_DAYS, FLAPS_MIN],
  );
  return {
    count: rows[0]?.n ?? 0,
    rows: rows.map((row) => ({
      recordNo: row.record_no,
      kind: kindOf(row.kind),
      native: row.native,
      instance: row.instance,
      moves: row.moves,
      from: idOfUuid(row.from_id),
      to: idOfUuid(row.to_id),
    })),
  };
}

async function flappingValues(
  db: Queryable,
  tenant: number,
  limit: number,
): Promise<Listed<FlappingValue>> {
  const { rows } = await db.query<{
    partition: string;
    type: number;
    value: string;
    moves: number;
    n: number;
  }>(
    `select p.name as partition, w.type, w.value, w.moves, w.n from (
       select partition_no, type, value, sum(moves) as moves, count(*) over () as n
         from sync.value_moves where tenant = $1 and day >= ${TODAY} - $3::int
        group by partition_no, type, value having sum(moves) >= $4 order by moves desc, type, value limit $2) w
       join sync.partitions p on p.tenant = $1 and p.partition_no = w.partition_no
      order by w.moves desc, w.type, w.value`,
    [tenant, limit, MOVE_DAYS, FLAPS_MIN],
  );
  return {
    count: rows[0]?.n ?? 0,
    rows: rows.map(({ partition, type, value, moves }) => ({
      partition,
      type: typeOfNumber(type),
      value,
      moves,
    })),
  };
}

async function crowdedDevices(
  db: Queryable,
  tenant: number,
  limit: number,
): Promise<Listed<CrowdedDevice>> {
  const { rows } = await db.query<{
    device_id: string;
    hostname: string | null;
    record_count: number;
    address_count: number;
    since: number;
    n: number;
  }>(
    `select d.device_id, d.hostname, c.record_count, c.address_count, c.since, count(*) over () as n
       from sync.crowded_devices c join sync.devices d using (tenant, device_no)
      where c.tenant = $1 order by c.record_count desc, c.address_count desc, d.device_no limit $2`,
    [tenant, limit],
  );
  return {
    count: rows[0]?.n ?? 0,
    rows: rows.map((row) => ({
      id: idOfUuid(row.device_id),
      hostname: row.hostname ?? undefined,
      records: row.record_count,
      addresses: row.address_count,
      sinceMs: row.since,
    })),
  };
}

async function countStates(
  db: Queryable,
  tenant: number,
): Promise<Pick<Quality, "contested" | "generic">> {
  const { rows } = await db.query<{ contested: number; generic: number }>(
    `select count(*) filter (where state = 1) as contested, count(*) filter (where state = 2) as generic
       from sync.value_states where tenant = $1`,
    [tenant],
  );
  return rows[0] ?? { contested: 0, generic: 0 };
}

/** Where an operator said of value `v` what it is worth, that is decided, and waits for nobody. */
const SPOKEN = `from sync.assertions a
  where a.tenant = $1 and a.partition_no = v.partition_no and a.value_type = v.type and a.value = v.value
    and a.value_type is not null and a.revoked_at is null`;

/** Values that were learnt and that an operator has spoken of: decisions are few, values may be many. */
async function countSpoken(db: Queryable, tenant: number): Promise<number> {
  const { rows } = await db.query<{ spoken: number }>(
    `select count(*) as spoken from (
       select distinct partition_no, value_type, value from sync.assertions
        where tenant = $1 and value_type is not null and revoked_at is null) a
       join sync.value_states v on v.tenant = $1 and v.partition_no = a.partition_no and v.type = a.value_type and v.value = a.value`,
    [tenant],
  );
  return rows[0]?.spoken ?? 0;
}

/** The latest that nobody has spoken of, each with its holders: which of all has most would take counting them all. */
async function learntValues(
  db: Queryable,
  tenant: number,
  limit: number,
): Promise<readonly LearntValue[]> {
  const { rows } = await db.query<{
    partition: string;
    type: number;
    value: string;
    state: number;
    since: number;
    holders: number;
  }>(
    `select p.name as partition, v.type, v.value, v.state, v.since,
            (select count(*) from (
               select 1 from sync.facts f where f.tenant = $1 and f.partition_no = v.partition_no and f.type = v.type
                  and f.value = v.value limit $3) h) as holders
       from (select * from sync.value_states v where tenant = $1 and not exists (select ${SPOKEN})
              order by since desc, type, value limit $2) v
       join sync.partitions p on p.tenant = $1 and p.partition_no = v.partition_no
      order by holders desc, v.type, v.value`,
    [tenant, limit, HOLDERS_COUNTED_MAX],
  );
  return rows.map((row) => ({
    partition: row.partition,
    type: typeOfNumber(row.type),
    value: row.value,
    state: nameOfState(row.state),
    holders: row.holders,
    sinceMs: row.since,
  }));
}

async function overturnedMerges(
  db: Queryable,
  tenant: number,
  limit: number,
): Promise<Listed<OverturnedMerge>> {
  const { rows } = await db.query<{ id: string; part_of: string; at: number; n: number }>(
    `select from_device_id as id, to_device_id as part_of, created_at as at, count(*) over () as n
       from sync.merge_audit where tenant = $1 and reason = 'unmerge' order by merge_no desc limit $2`,
    [tenant, limit],
  );
  return {
    count: rows[0]?.n ?? 0,
    rows: rows.map((row) => ({
      id: idOfUuid(row.id),
      wasPartOf: idOfUuid(row.part_of),
      atMs: row.at,
    })),
  };
}

/** One of two devices, however many of their records look alike: a person decides of the devices. */
async function countHeldApart(db: Queryable, tenant: number): Promise<number> {
  const device = (x: "a" | "b"): string =>
    `left join lateral (
       select m.device_no from sync.members m
        where m.tenant = q.tenant and m.record_no = q.record_${x} and m.fingerprint in (0, q.fingerprint_${x})
        limit 1) ${x} on true`;
  // A record that is of no device stands for itself, below zero, where no device is.
  const [a, b] = ["coalesce(a.device_no, -q.record_a)", "coalesce(b.device_no, -q.record_b)"];
  const { rows } = await db.query<{ pairs: number }>(
    // What an operator keeps apart is decided, and waits for nobody.
    `select count(distinct (least(${a}, ${b}), greatest(${a}, ${b}))) as pairs
       from sync.quarantine q ${device("a")} ${device("b")}
      where q.tenant = $1 and q.reason <> 'cannot_link'`,
    [tenant],
  );
  return rows[0]?.pairs ?? 0;
}
