/**
 * Moves the records of a source that was deleted to the one that was made in its place. A record that the new source lists
 * already is retired instead of moved: it stays behind its device, whose id goes back to it, and says nothing any more.
 */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { invariant } from "../lib/invariant.ts";
import { instanceNumbers, type InstanceName } from "./numbers.ts";
import { formatRanges } from "./record-ranges.ts";
import { takeOver } from "./take-over.ts";

/** Which records go where. */
export interface Adoption {
  /** Instance of the source that was deleted. */
  readonly from: string;
  readonly to: InstanceName;
  /** Records a transaction. */
  readonly batch: number;
  /** What else is done in the transaction that ends it. */
  readonly alongside?: ((open: Tx, adopted: Adopted) => Promise<void>) | undefined;
}

/** What an adoption did. */
export interface Adopted {
  readonly moved: number;
  /** Records that the new source has itself. */
  readonly retired: number;
}

type Place = { readonly oldNo: number; readonly newNo: number };

/** Moves all records, a bounded number a transaction. May be called again after it was interrupted. */
export async function adoptRecords(
  db: Db,
  tenant: number,
  { from, to, batch, alongside }: Adoption,
): Promise<Adopted> {
  const place = await tx(db, (open) => prepare(open, tenant, { from, to }));
  let total: Adopted = { moved: 0, retired: 0 };
  let after: number | undefined = 0;
  while (after !== undefined) {
    const cursor: number = after;
    const before = total;
    const step = await tx(db, async (open) => {
      const { last, ...done } = await adoptBatch(open, tenant, { ...place, after: cursor, batch });
      const sum = { moved: before.moved + done.moved, retired: before.retired + done.retired };
      if (last === undefined) await alongside?.(open, sum);
      return { last, sum };
    });
    total = step.sum;
    after = step.last;
  }
  return total;
}

/** Sightings of unchanged records are kept by instance: those that move must find theirs. */
async function prepare(
  open: Tx,
  tenant: number,
  { from, to }: Pick<Adoption, "from" | "to">,
): Promise<Place> {
  await takeOver(open, tenant);
  const { rows } = await open.query<{ no: number }>(
    "select instance_no as no from sync.instances where tenant = $1 and name = $2",
    [tenant, from],
  );
  const oldNo = rows[0]?.no;
  const newNo = (await instanceNumbers(open, tenant, [to])).get(to.name);
  invariant(oldNo !== undefined && newNo !== undefined, "both instances of an adoption exist");
  await open.query(
    `insert into sync.seen_segments (tenant, instance_no, block, event_at, seq, run_no, records)
     select tenant, $3, block, event_at, seq, run_no, records from sync.seen_segments
      where tenant = $1 and instance_no = $2
     on conflict do nothing`,
    [tenant, oldNo, newNo],
  );
  await open.query("delete from sync.absences where tenant = $1 and instance_no = $2", [
    tenant,
    oldNo,
  ]);
  return { oldNo, newNo };
}

async function adoptBatch(
  open: Tx,
  tenant: number,
  { oldNo, newNo, after, batch }: Place & { readonly after: number; readonly batch: number },
): Promise<Adopted & { readonly last: number | undefined }> {
  await takeOver(open, tenant);
  const { rows } = await open.query<{ record_no: number; has_twin: boolean }>(
    `select r.record_no, exists (
              select from sync.records n
               where n.tenant = $1 and n.partition_no = r.partition_no and n.kind = r.kind and n.native = r.native
                 and n.instance_no = $3) as has_twin
       from sync.records r where r.tenant = $1 and r.instance_no = $2 and r.record_no > $4
      order by r.record_no limit $5`,
    [tenant, oldNo, newNo, after, batch],
  );
  const numbersOf = (hasTwin: boolean): number[] =>
    rows.filter((row) => row.has_twin === hasTwin).map((row) => row.record_no);
  const [moved, twins] = [numbersOf(false), numbersOf(true)];
  await retireTwins(open, tenant, twins);
  await move(open, tenant, { oldNo, newNo, recordNos: moved });
  await dropPresence(open, tenant, { oldNo, records: formatRanges([...moved, ...twins]) });
  await open.query(
    `insert into sync.dirty (tenant, records) select $1, $2::int4multirange where not isempty($2::int4multirange)`,
    [tenant, formatRanges([...moved, ...twins])],
  );
  return { moved: moved.length, retired: twins.length, last: rows.at(-1)?.record_no };
}

async function retireTwins(open: Tx, tenant: number, recordNos: readonly number[]): Promise<void> {
  await open.query(
    `insert into sync.record_deletions (tenant, partition_no, kind, native, instance_no, deleted_at, reason)
     select $1, partition_no, kind, native, instance_no, now(), 'source_adopted' from sync.records
      where tenant = $1 and record_no = any($2::int[])
     on conflict (tenant, partition_no, kind, native, instance_no) do nothing`,
    [tenant, recordNos],
  );
}

async function move(
  open: Tx,
  tenant: number,
  { oldNo, newNo, recordNos }: Place & { readonly recordNos: readonly number[] },
): Promise<void> {
  await open.query(
    `update sync.record_deletions d set instance_no = $4 from sync.records r
      where r.tenant = $1 and r.record_no = any($2::int[]) and d.tenant = $1 and d.instance_no = $3
        and (d.partition_no, d.kind, d.native) = (r.partition_no, r.kind, r.native)
        and not exists (select from sync.record_deletions n
          where n.tenant = $1 and n.instance_no = $4 and (n.partition_no, n.kind, n.native) = (r.partition_no, r.kind, r.native))`,
    [tenant, recordNos, oldNo, newNo],
  );
  await open.query(
    `insert into sync.instance_records as i (tenant, instance_no, partition_no, present)
     select $1, $4, o.partition_no, o.present * $2::int4multirange from sync.instance_records o
      where o.tenant = $1 and o.instance_no = $3
     on conflict (tenant, instance_no, partition_no) do update set present = i.present + excluded.present`,
    [tenant, formatRanges(recordNos), oldNo, newNo],
  );
  await open.query(
    "update sync.records set instance_no = $3 where tenant = $1 and record_no = any($2::int[])",
    [tenant, recordNos, newNo],
  );
}

async function dropPresence(
  open: Tx,
  tenant: number,
  { oldNo, records }: { readonly oldNo: number; readonly records: string },
): Promise<void> {
  await open.query(
    "update sync.instance_records set present = present - $3::int4multirange where tenant = $1 and instance_no = $2",
    [tenant, oldNo, records],
  );
}
