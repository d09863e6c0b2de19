/** SQL of publications that the storm brake holds, and of what each run has changed of published ids so far. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { holdTenant } from "../inbox/lease.ts";
import type { HeldChange } from "./held-change.ts";
import { formatRanges, parseRanges } from "./record-ranges.ts";
import type { Weight } from "./storm-brake.ts";

/** A publication that is, or was, held. */
export interface Hold extends Weight {
  readonly holdNo: number;
  readonly runNo: number;
  readonly heldMs: number;
  /** Published devices when it was held. */
  readonly devices: number;
  /** Records whose devices wait. */
  readonly records: number;
  readonly changes: readonly HeldChange[];
  readonly endedMs: number | undefined;
  readonly endedBy: string | undefined;
  readonly outcome: "released" | "rechecked" | undefined;
  readonly reason: string | undefined;
}

type HoldRow = {
  hold_no: number;
  run_no: number;
  held_at: number;
  devices: number;
  record_count: number;
  shrinks: number;
  ids: number;
  changes: HeldChange[];
  ended_at: number | null;
  ended_by: string | null;
  outcome: Hold["outcome"] | null;
  reason: string | null;
};
const COLUMNS = `hold_no, run_no, held_at, devices, record_count, shrinks, ids, changes, ended_at, ended_by, outcome, reason`;

function holdOf(row: HoldRow): Hold {
  return {
    holdNo: row.hold_no,
    runNo: row.run_no,
    heldMs: row.held_at,
    devices: row.devices,
    records: row.record_count,
    shrinks: row.shrinks,
    ids: row.ids,
    changes: row.changes,
    endedMs: row.ended_at ?? undefined,
    endedBy: row.ended_by ?? undefined,
    outcome: row.outcome ?? undefined,
    reason: row.reason ?? undefined,
  };
}

/** Holds, newest first: those that still hold, or all. */
export async function listHolds(
  db: Queryable,
  tenant: number,
  {
    isOpen,
    before,
    limit,
  }: { readonly isOpen: boolean; readonly before: number | undefined; readonly limit: number },
): Promise<readonly Hold[]> {
  const { rows } = await db.query<HoldRow>(
    `select ${COLUMNS} from sync.holds
      where tenant = $1 and (not $2 or ended_at is null) and hold_no < coalesce($3::int, 2147483647)
      order by hold_no desc limit $4`,
    [tenant, isOpen, before, limit],
  );
  return rows.map(holdOf);
}

/** One hold. */
export async function findHold(
  db: Queryable,
  tenant: number,
  holdNo: number,
): Promise<Hold | undefined> {
  const { rows } = await db.query<HoldRow>(
    `select ${COLUMNS} from sync.holds where tenant = $1 and hold_no = $2`,
    [tenant, holdNo],
  );
  return rows.map(holdOf)[0];
}

/** How many publications are held. */
export async function countHolds(db: Queryable, tenant: number): Promise<number> {
  const { rows } = await db.query<{ held: number }>(
    "select count(*) as held from sync.holds where tenant = $1 and ended_at is null",
    [tenant],
  );
  return rows[0]?.held ?? 0;
}

/** Which of these records wait, each with the oldest hold that it is in. */
export async function heldRecords(
  tx: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await tx.query<{ hold_no: number; hit: string }>(
    `select hold_no, (records * $2::int4multirange)::text as hit from sync.holds
      where tenant = $1 and ended_at is null and records && $2::int4multirange order by hold_no desc`,
    [tenant, formatRanges(recordNos)],
  );
  const held = new Map<number, number>();
  for (const { hold_no: holdNo, hit } of rows) {
    for (const no of parseRanges(hit)) held.set(no, holdNo);
  }
  return held;
}

/** Has records wait too, since their devices cannot be told from those that are held. */
export async function joinHold(
  tx: Tx,
  tenant: number,
  { holdNo, recordNos }: { readonly holdNo: number; readonly recordNos: readonly number[] },
): Promise<void> {
  await tx.query(
    `update sync.holds set records = records + $3::int4multirange,
            record_count = (select sum(upper(r) - lower(r)) from unnest(records + $3::int4multirange) r)
      where tenant = $1 and hold_no = $2`,
    [tenant, holdNo, formatRanges(recordNos)],
  );
}

/** What a run wants held. */
export interface NewHold extends Weight {
  readonly runNo: number;
  readonly devices: number;
  readonly recordNos: readonly number[];
  readonly changes: readonly HeldChange[];
}

/** Changes of one hold that are kept to be looked at. */
export const HELD_CHANGES_MAX = 200;

/** Holds a run's changes, with those of it that are held already. */
export async function hold(tx: Tx, tenant: number, wanted: NewHold): Promise<void> {
  const { runNo, devices, recordNos, shrinks, ids, changes } = wanted;
  const records = formatRanges(recordNos);
  const { rows } = await tx.query<HoldRow>(
    `select ${COLUMNS} from sync.holds where tenant = $1 and run_no = $2 and ended_at is null`,
    [tenant, runNo],
  );
  const [open] = rows;
  if (open === undefined) {
    await tx.query(
      `insert into sync.holds (tenant, hold_no, run_no, devices, records, record_count, shrinks, ids, changes)
       select $1, coalesce(max(hold_no), 0) + 1, $2, $3, $4, $5, $6, $7, $8 from sync.holds where tenant = $1`,
      [tenant, runNo, devices, records, recordNos.length, shrinks, ids, JSON.stringify(changes)],
    );
    return;
  }
  const kept = [...open.changes, ...changes].slice(0, HELD_CHANGES_MAX);
  await tx.query(
    "update sync.holds set shrinks = shrinks + $3, ids = ids + $4, changes = $5 where tenant = $1 and hold_no = $2",
    [tenant, open.hold_no, shrinks, ids, JSON.stringify(kept)],
  );
  await joinHold(tx, tenant, { holdNo: open.hold_no, recordNos });
}

/** What a run has changed of what is published, and what of it is held. */
export async function weightSoFar(tx: Tx, tenant: number, runNo: number): Promise<Weight> {
  const { rows } = await tx.query<Weight>(
    `select coalesce(sum(shrinks), 0) as shrinks, coalesce(sum(ids), 0) as ids from (
       select shrinks, ids from sync.run_weights where tenant = $1 and run_no = $2
       union all select shrinks, ids from sync.holds where tenant = $1 and run_no = $2 and ended_at is null) w`,
    [tenant, runNo],
  );
  return rows[0] ?? { shrinks: 0, ids: 0 };
}

/** Notes what a run has just changed of what is published. */
export async function addWeight(
  tx: Tx,
  tenant: number,
  { runNo, shrinks, ids }: Weight & { readonly runNo: number },
): Promise<void> {
  await tx.query(
    `insert into sync.run_weights as w (tenant, run_no, shrinks, ids) values ($1, $2, $3, $4)
     on conflict (tenant, run_no) do update set shrinks = w.shrinks + excluded.shrinks, ids = w.ids + excluded.ids`,
    [tenant, runNo, shrinks, ids],
  );
}

/** How the source of a run stands: complete runs before it, as far as they are counted. */
export async function completeRunsBefore(
  tx: Tx,
  tenant: number,
  { runNo, limit }: { readonly runNo: number; readonly limit: number },
): Promise<number> {
  const { rows } = await tx.query<{ runs: number }>(
    `select count(*) as runs from (
       select 1 from sync.runs own
         join sync.runs r on r.tenant = own.tenant and r.instance_no = own.instance_no and r.run_no < own.run_no
        where own.tenant = $1 and own.run_no = $2 and r.outcome = 'success' limit $3) w`,
    [tenant, runNo, limit],
  );
  return rows[0]?.runs ?? 0;
}

/** Published devices that have a record of their own. */
export async function countRealDevices(tx: Tx, tenant: number): Promise<number> {
  const { rows } = await tx.query<{ devices: number }>(
    "select count(*) as devices from sync.devices where tenant = $1 and deleted_at is null and not is_provisional",
    [tenant],
  );
  return rows[0]?.devices ?? 0;
}

/** How a hold ends. */
export interface HoldEnd {
  readonly holdNo: number;
  readonly actor: string;
  readonly outcome: "released" | "rechecked";
  readonly reason: string | undefined;
}

/**
 * Ends a hold: its records are decided again, without the brake where it is released, under it where it is rechecked. Gives the
 * hold as it was; undefined where it holds nothing (any more).
 */
export async function endHold(tx: Tx, tenant: number, end: HoldEnd): Promise<Hold | undefined> {
  // The tenant's row first, as every publication does: else one that is under way could still join records to this hold.
  await holdTenant(tx, tenant);
  const { rows } = await tx.query<HoldRow>(
    `update sync.holds set ended_at = now(), ended_by = $3, outcome = $4, reason = $5
      where tenant = $1 and hold_no = $2 and ended_at is null returning ${COLUMNS}`,
    [tenant, end.holdNo, end.actor, end.outcome, end.reason],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  await tx.query(
    `insert into sync.dirty (tenant, records, run_no)
     select tenant, records, case when outcome = 'rechecked' then run_no end from sync.holds where tenant = $1 and hold_no = $2`,
    [tenant, end.holdNo],
  );
  return holdOf(row);
}
