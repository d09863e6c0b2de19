/** SQL of retractions: records that are to be retired, or that an operator is asked about. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";

/** Where a retraction stands. `passed`: it was held until later runs saw enough of the records again. */
export const RETRACTION_STATES = ["held", "due", "done", "passed"] as const;

/** One of RETRACTION_STATES. */
export type RetractionState = (typeof RETRACTION_STATES)[number];

/** A retraction that is not over. */
export interface OpenRetraction {
  readonly retractionNo: number;
  readonly runNo: number;
  readonly instanceNo: number;
  readonly partitionNo: number;
  /** `absent` or `source_deleted`. */
  readonly reason: string;
  readonly state: RetractionState;
  /** Records that are still to go, as an int4multirange's text. */
  readonly records: string;
}

/** A retraction to be written. */
export interface RetractionWrite extends OpenRetraction {
  readonly wanted: number;
  readonly present: number;
}

/** Writes a retraction, or replaces what one that is held is about. */
export async function writeRetraction(tx: Tx, tenant: number, row: RetractionWrite): Promise<void> {
  await tx.query(
    `insert into sync.retractions (tenant, retraction_no, run_no, instance_no, partition_no, reason, state, records, wanted, present)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (tenant, retraction_no) do update set run_no = excluded.run_no, records = excluded.records,
            wanted = excluded.wanted, present = excluded.present`,
    [
      tenant,
      row.retractionNo,
      row.runNo,
      row.instanceNo,
      row.partitionNo,
      row.reason,
      row.state,
      row.records,
      row.wanted,
      row.present,
    ],
  );
}

type OpenRow = {
  retraction_no: number;
  run_no: number;
  instance_no: number;
  partition_no: number;
  reason: string;
  state: RetractionState;
  records: string;
};
const OPEN_COLUMNS =
  "retraction_no, run_no, instance_no, partition_no, reason, state, records::text as records";

/** Retractions of a place that are held or under way, oldest first. */
export async function openRetractions(
  tx: Tx,
  tenant: number,
  { instanceNo, partitionNo }: { readonly instanceNo: number; readonly partitionNo: number },
): Promise<readonly OpenRetraction[]> {
  const { rows } = await tx.query<OpenRow>(
    `select ${OPEN_COLUMNS} from sync.retractions
      where tenant = $1 and instance_no = $2 and partition_no = $3 and state in ('held', 'due') order by retraction_no`,
    [tenant, instanceNo, partitionNo],
  );
  return rows.map(openOf);
}

/** The retraction that is worked next. */
export async function nextRetraction(tx: Tx, tenant: number): Promise<OpenRetraction | undefined> {
  const { rows } = await tx.query<OpenRow>(
    `select ${OPEN_COLUMNS} from sync.retractions where tenant = $1 and state = 'due' order by retraction_no limit 1`,
    [tenant],
  );
  return rows[0] === undefined ? undefined : openOf(rows[0]);
}

function openOf(row: OpenRow): OpenRetraction {
  return {
    retractionNo: row.retraction_no,
    runNo: row.run_no,
    instanceNo: row.instance_no,
    partitionNo: row.partition_no,
    reason: row.reason,
    state: row.state,
    records: row.records,
  };
}

/** Notes what a step retired and what is left; nothing left ends the retraction. */
export async function noteRetired(
  tx: Tx,
  tenant: number,
  step: {
    readonly retractionNo: number;
    readonly retired: number;
    readonly gone: string;
    readonly rest: string;
  },
): Promise<void> {
  await tx.query(
    `update sync.retractions set retired = retired + $3, records = $4::int4multirange, gone = gone + $5::int4multirange,
            state = case when isempty($4::int4multirange) then 'done' else state end
      where tenant = $1 and retraction_no = $2`,
    [tenant, step.retractionNo, step.retired, step.rest, step.gone],
  );
}

/** A retraction as operators see it. */
export interface Retraction {
  readonly retractionNo: number;
  readonly runNo: number;
  readonly instance: string;
  readonly partition: string;
  readonly reason: string;
  readonly state: RetractionState;
  readonly wanted: number;
  readonly present: number;
  readonly retired: number;
  readonly createdMs: number;
  readonly decidedMs: number | undefined;
  readonly decidedBy: string | undefined;
}

type RetractionRow = {
  retraction_no: number;
  run_no: number;
  instance: string;
  partition: string;
  reason: string;
  state: RetractionState;
  wanted: number;
  present: number;
  retired: number;
  created_at: number;
  decided_at: number | null;
  decided_by: string | null;
};
const COLUMNS = `r.retraction_no, r.run_no, i.name as instance, p.name as partition, r.reason, r.state, r.wanted, r.present,
  r.retired, r.created_at, r.decided_at, r.decided_by`;
const FROM = `sync.retractions r join sync.instances i using (tenant, instance_no)
  join sync.partitions p on p.tenant = r.tenant and p.partition_no = r.partition_no`;

/** Retractions of a tenant, newest first; of one state, or all. */
export async function listRetractions(
  db: Queryable,
  tenant: number,
  {
    state,
    before,
    limit,
  }: {
    readonly state: RetractionState | undefined;
    readonly before: number | undefined;
    readonly limit: number;
  },
): Promise<readonly Retraction[]> {
  const { rows } = await db.query<RetractionRow>(
    `select ${COLUMNS} from ${FROM}
      where r.tenant = $1 and ($2::text is null or r.state = $2) and r.retraction_no < coalesce($3::int, 2147483647)
      order by r.retraction_no desc limit $4`,
    [tenant, state, before, limit],
  );
  return rows.map(retractionOf);
}

/** One retraction. */
export async function findRetraction(
  db: Queryable,
  tenant: number,
  retractionNo: number,
): Promise<Retraction | undefined> {
  const { rows } = await db.query<RetractionRow>(
    `select ${COLUMNS} from ${FROM} where r.tenant = $1 and r.retraction_no = $2`,
    [tenant, retractionNo],
  );
  return rows[0] === undefined ? undefined : retractionOf(rows[0]);
}

function retractionOf(row: RetractionRow): Retraction {
  return {
    retractionNo: row.retraction_no,
    runNo: row.run_no,
    instance: row.instance,
    partition: row.partition,
    reason: row.reason,
    state: row.state,
    wanted: row.wanted,
    present: row.present,
    retired: row.retired,
    createdMs: row.created_at,
    decidedMs: row.decided_at ?? undefined,
    decidedBy: row.decided_by ?? undefined,
  };
}

/** Lets a held retraction go on, this once. False if it is not held. */
export async function allowRetraction(
  db: Queryable,
  tenant: number,
  { retractionNo, actor }: { readonly retractionNo: number; readonly actor: string },
): Promise<boolean> {
  const { count } = await db.query(
    `update sync.retractions set state = 'due', decided_at = now(), decided_by = $3
      where tenant = $1 and retraction_no = $2 and state = 'held'`,
    [tenant, retractionNo, actor],
  );
  return count > 0;
}
