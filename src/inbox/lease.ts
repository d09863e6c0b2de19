/**
 * One process at a time writes a tenant's records and devices. The lease is a row, not an advisory lock, so it works through a
 * transaction-pooling pgbouncer and survives nothing it should not: a killed holder's lease runs out, and a holder that
 * slept too long finds a higher epoch and rolls back.
 */
import { PLAN_BY_KEY } from "../db/plan-by-key.ts";
import type { Db, TenantDbs } from "../db/pool.ts";
import type { Tx } from "../db/tx.ts";
import { SyncError } from "../lib/errors.ts";
import { invariant } from "../lib/invariant.ts";
import { readySql, type Coalescing } from "./ready.ts";

/** The right to write one tenant, for as long as `epoch` stands. */
export interface Lease {
  readonly tenant: number;
  readonly owner: string;
  readonly epoch: number;
}

/** How long a lease lasts without being renewed, ms: longer than any one batch takes, shorter than an operator waits. */
const LEASE_MS = 30_000;

/** What a tenant's work may be for a claim to take it. */
export type Claim = Coalescing & {
  /** Only where little waits: see LIGHT. */
  readonly isLight?: boolean;
};

/** Whatever waits, as it is. */
const ANYTHING: Claim = { limit: 1 };

/**
 * Little enough that working it takes a fraction of a second: a third of a full chunk, and as many records to publish. The end of a large
 * tenant's run is as little, but whoever works that tenant remembers its records and had better go on.
 */
const LIGHT = { bytes: 1_000_000, records: 2_000, tenantRecords: 100_000 };
/** Rows looked at to see that; more of them are no little. */
const LIGHT_ROWS = 8;
const IS_LIGHT = `
  t.next_record_no <= ${LIGHT.tenantRecords}
  and (select coalesce(sum(w.raw_bytes), 0) from (
     select i.raw_bytes from sync.inbox i where i.tenant = t.tenant and i.parked_reason is null
      order by i.inbox_no limit ${LIGHT_ROWS}) w) <= ${LIGHT.bytes}
  and (select coalesce(sum(upper(r) - lower(r)), 0) from (
         select d.records from sync.dirty d where d.tenant = t.tenant order by d.dirty_no limit ${LIGHT_ROWS}) w,
       unnest(w.records) r) <= ${LIGHT.records}
  and not exists (select from sync.retractions r where r.tenant = t.tenant and r.state = 'due')`;

/** Takes the lease of a tenant that has work and no living owner; the one that waited longest first. */
export async function claimTenant(
  db: TenantDbs,
  owner: string,
  { limit, waitMs = 0, isLight = false }: Claim = ANYTHING,
): Promise<Lease | undefined> {
  const { rows } = await db.across("leases").query<{ tenant: number; epoch: number }>(
    `update sync.tenant_ingest set owner = $1, worked_at = now(),
            epoch = case when owner = $1 then epoch else epoch + 1 end,
            lease_until = now() + $2 * interval '1 ms'
      where tenant = (
        select t.tenant from sync.tenant_ingest t
         where (t.lease_until < now() or t.owner = $1)
           and (${readySql({ tenant: "t.tenant", limit: "$3::int", waitMs: "$4::int" })}
             or exists (select from sync.dirty d where d.tenant = t.tenant)
             or exists (select from sync.retractions r where r.tenant = t.tenant and r.state = 'due'))
           and ${isLight ? IS_LIGHT : "true"}
         order by t.worked_at for update skip locked limit 1)
      returning tenant, epoch`,
    [owner, LEASE_MS, limit, waitMs],
  );
  const [row] = rows;
  return row === undefined ? undefined : { tenant: row.tenant, owner, epoch: row.epoch };
}

/** The name that operators know a tenant by. */
export async function tenantSlug(db: Db, tenant: number): Promise<string> {
  const { rows } = await db.query<{ slug: string }>(
    "select slug from sync.tenants where tenant = $1",
    [tenant],
  );
  return rows[0]?.slug ?? String(tenant);
}

/**
 * Takes the lease of one tenant, also from a living owner: it waits for that owner's transaction to end, and the next finds
 * another epoch. For work that an operator asks for; it is given back by releaseTenant.
 */
export async function seizeTenant(
  db: Db,
  { tenant, owner }: Pick<Lease, "tenant" | "owner">,
): Promise<Lease> {
  const { rows } = await db.query<{ epoch: number }>(
    `update sync.tenant_ingest set owner = $2, epoch = epoch + 1, lease_until = now() + $3 * interval '1 ms'
      where tenant = $1 returning epoch`,
    [tenant, owner, LEASE_MS],
  );
  const [row] = rows;
  invariant(row !== undefined, `tenant ${tenant} has its row in sync.tenant_ingest`);
  return { tenant, owner, epoch: row.epoch };
}

/** How far a tenant's numbers had been given out when its row was locked. */
export interface Fenced {
  /** Number of the next batch: another one than before where another worker has written records. */
  readonly nextSeq: number;
  /** How often somebody has written records who is no worker. */
  readonly takeOvers: number;
  readonly nextRecordNo: number;
}

/**
 * First statement of every transaction that writes a tenant: renews the lease and locks its row, or ends the work. What follows is
 * planned by key, as behind fenceIdle and holdTenant too.
 */
export async function fence(tx: Tx, { tenant, owner, epoch }: Lease): Promise<Fenced> {
  const {
    rows: [row],
  } = await tx.query<{ next_seq: number; take_overs: number; next_record_no: number }>(
    `update sync.tenant_ingest set lease_until = now() + $4 * interval '1 ms'
      where tenant = $1 and owner = $2 and epoch = $3
      returning next_seq, take_overs, next_record_no, ${PLAN_BY_KEY}`,
    [tenant, owner, epoch, LEASE_MS],
  );
  if (row === undefined) {
    throw new SyncError("lease_lost", `tenant ${tenant} is written by another process now`, {
      retry: "transient",
    });
  }
  const { next_seq: nextSeq, take_overs: takeOvers, next_record_no: nextRecordNo } = row;
  return { nextSeq, takeOvers, nextRecordNo };
}

/**
 * Locks the row of a tenant that nobody holds for the rest of the transaction, without taking its lease. Undefined where somebody
 * holds it or is about to; it does not wait.
 */
export async function fenceIdle(
  tx: Tx,
  tenant: number,
): Promise<(Fenced & { readonly nowMs: number }) | undefined> {
  const {
    rows: [row],
  } = await tx.query<{ next_seq: number; take_overs: number; next_record_no: number; now: number }>(
    `select next_seq, take_overs, next_record_no, now() as now, ${PLAN_BY_KEY} from sync.tenant_ingest
      where tenant = $1 and lease_until < now() for update skip locked`,
    [tenant],
  );
  if (row === undefined) return undefined;
  const { next_seq: nextSeq, take_overs: takeOvers, next_record_no: nextRecordNo } = row;
  return { nextSeq, takeOvers, nextRecordNo, nowMs: row.now };
}

/** Gives a lease back, so that another process need not wait for it to run out. */
export async function releaseTenant(db: Db, { tenant, owner, epoch }: Lease): Promise<void> {
  await db.query(
    "update sync.tenant_ingest set lease_until = '-infinity' where tenant = $1 and owner = $2 and epoch = $3",
    [tenant, owner, epoch],
  );
}

/** How long an operator waits for the batch that is being worked, ms; one takes seconds. */
const HOLD_WAIT_MS = 10_000;

/**
 * Locks a tenant's row for a transaction that no worker does, such as an operator's decision: batches wait for it, as it waits for
 * the one under way. Throws `db_lock_not_available`, transient, where that takes too long.
 */
export async function holdTenant(tx: Tx, tenant: number): Promise<void> {
  await tx.query(`set local lock_timeout = ${HOLD_WAIT_MS}`);
  await tx.query(`select ${PLAN_BY_KEY} from sync.tenant_ingest where tenant = $1 for update`, [
    tenant,
  ]);
  await tx.query("set local lock_timeout = default");
}
