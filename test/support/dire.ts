/** Feeds updates through the real ingest and resolver into a tenant of a test database, batch by batch. */
import type { Db } from "../../src/db/pool.ts";
import { tx, type Tx } from "../../src/db/tx.ts";
import { newSorted, sortChunk } from "../../src/dire/chunk-batches.ts";
import { ingest } from "../../src/dire/ingest.ts";
import { kindOf } from "../../src/dire/kind.ts";
import { workDirty, type PublishOptions } from "../../src/dire/publish-dirty.ts";
import { Recalls } from "../../src/dire/recall-store.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { ok } from "../../src/lib/result.ts";

/** An update as JSON, in the form of the wire. */
export type WireUpdate = Readonly<Record<string, unknown>> & {
  readonly metadata?: Readonly<Record<string, string>>;
};

/** The source instance that a test's update belongs to. */
export function instanceOf({ metadata, source }: WireUpdate): string {
  return metadata?.["sync_service_id"] ?? String(source);
}

let tenants = 0;
const recalls = new WeakMap<Db, Recalls>();

/** What this process has in mind of a database's tenants, as a worker has. */
export function recallsOf(db: Db): Recalls {
  const known = recalls.get(db) ?? new Recalls();
  recalls.set(db, known);
  return known;
}

/** A new tenant with a lease nobody contests. */
export async function newTenant(db: Db): Promise<Lease> {
  tenants += 1;
  const lease = { tenant: tenants, owner: "test", epoch: 1 };
  await db.query(
    "insert into sync.tenants (tenant, uid, slug, name) values ($1, gen_random_uuid(), $2, $2)",
    [lease.tenant, `t${lease.tenant}`],
  );
  await db.query(
    "insert into sync.tenant_ingest (tenant, owner, epoch, lease_until) values ($1, $2, $3, 'infinity')",
    [lease.tenant, lease.owner, lease.epoch],
  );
  return lease;
}

/** Ingests one batch; instance = metadata.sync_service_id, partition as replay has it. */
export async function feed(
  db: Db,
  { tenant }: Lease,
  updates: readonly WireUpdate[],
): Promise<void> {
  const sorted = newSorted();
  sortChunk(sorted, {
    message: Buffer.from(JSON.stringify(updates)),
    receivedMs: 0,
    attribution: () => (update) =>
      ok({
        instance: update.metadata["sync_service_id"] ?? update.source,
        sourceType: update.source,
        partition: update.partition ?? "default",
      }),
  });
  await tx(db, async (open: Tx) => {
    for (const batch of sorted.byInstance.values()) await ingest(open, tenant, { batch, runNo: 1 });
  });
}

/** Publishes everything that is dirty. */
export async function settle(db: Db, lease: Lease, options?: PublishOptions): Promise<void> {
  while ((await workDirty(db, lease, options)) !== undefined);
}

/** Every record's key and the id of its device, sorted: the whole answer of DIRE. */
export async function answer(db: Db, { tenant }: Lease): Promise<readonly string[]> {
  const { rows } = await db.query<{ line: string }>(
    `select concat_ws(' ', p.name, r.kind, r.native, i.name, d.device_id, d.ip, d.mac, d.hostname, d.type, d.vendor_name, d.model, d.serial,
                       d.risk_level_id, d.is_provisional, d.promoted_at, d.first_seen, d.deleted_at is not null) as line
       from sync.records r
       join sync.partitions p using (tenant, partition_no)
       join sync.instances i using (tenant, instance_no)
       join sync.members m using (tenant, record_no)
       join sync.devices d using (tenant, device_no)
      where r.tenant = $1 order by 1`,
    [tenant],
  );
  return rows.map(({ line }) => line);
}

/** Every record, sightings of addresses left out, with the ids of its devices, sorted. */
export async function devicesOfRecords(db: Db, { tenant }: Lease): Promise<readonly string[]> {
  const { rows } = await db.query<{
    partition: string;
    kind: number;
    native: string;
    instance: string;
    id: string;
  }>(
    `select distinct p.name as partition, r.kind, r.native, i.name as instance, d.device_id as id
       from sync.records r
       join sync.partitions p using (tenant, partition_no)
       join sync.instances i using (tenant, instance_no)
       join sync.members m using (tenant, record_no)
       join sync.devices d using (tenant, device_no)
      where r.tenant = $1`,
    [tenant],
  );
  return rows
    .map(({ partition, kind, native, instance, id }) => ({
      kind: kindOf(kind) ?? "",
      line: [partition, kindOf(kind), native, instance, `sr:${id}`].join(" "),
    }))
    .filter(({ kind }) => kind !== "address")
    .map(({ line }) => line)
    .toSorted();
}

/** Every pair that is held apart, by the records' keys, sorted. */
export async function quarantine(db: Db, { tenant }: Lease): Promise<readonly string[]> {
  const { rows } = await db.query<{ pair: string[]; line: string }>(
    `select array(select concat_ws(' ', p.name, r.kind, r.native, i.name) from sync.records r
                    join sync.partitions p using (tenant, partition_no)
                    join sync.instances i using (tenant, instance_no)
                   where r.tenant = q.tenant and r.record_no in (q.record_a, q.record_b) order by 1) as pair,
            concat_ws(' ', q.reason, q.points) as line
       from sync.quarantine q where q.tenant = $1`,
    [tenant],
  );
  return rows.map(({ pair, line }) => [...pair, line].join(" ")).toSorted();
}
