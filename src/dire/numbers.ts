/**
 * Numbers for names inside one tenant's transaction: instances and partitions by name, and blocks of record, device, run,
 * assertion and batch numbers. The row of sync.tenant_ingest is locked by the fence, so numbers have no gaps but those of rollbacks.
 */
import type { Tx } from "../db/tx.ts";
import { invariant } from "../lib/invariant.ts";

const COUNTERS = {
  device: "next_device_no",
  run: "next_run_no",
  instance: "next_instance_no",
  partition: "next_partition_no",
  retraction: "next_retraction_no",
  assertion: "next_assertion_no",
  undo: "next_undo_no",
  batch: "next_seq",
} as const;

/** Takes `count` numbers of a tenant; gives the first. */
export async function takeNumbers(
  tx: Tx,
  tenant: number,
  { what, count }: { readonly what: keyof typeof COUNTERS; readonly count: number },
): Promise<number> {
  const column = COUNTERS[what];
  const {
    rows: [row],
  } = await tx.query<{ first: number }>(
    `update sync.tenant_ingest set ${column} = ${column} + $2 where tenant = $1 returning ${column} - $2 as first`,
    [tenant, count],
  );
  invariant(row !== undefined, `tenant ${tenant} has its row in sync.tenant_ingest`);
  return row.first;
}

/** What a batch is written under. */
export interface BatchNumbers {
  readonly seq: number;
  /** The first of its new records. */
  readonly firstRecord: number;
  /** Whether the tenant ever removed a record: a new one may have been there before. */
  readonly hasOrigins: boolean;
}

/** Takes a batch's number and those of its new records, in one statement: each would wait for whatever this thread does meanwhile. */
export async function takeBatch(
  tx: Tx,
  tenant: number,
  { records }: { readonly records: number },
): Promise<BatchNumbers> {
  const {
    rows: [row],
  } = await tx.query<BatchNumbers>(
    `update sync.tenant_ingest set next_seq = next_seq + 1, next_record_no = next_record_no + $2 where tenant = $1
     returning next_seq - 1 as seq, next_record_no - $2 as "firstRecord",
               exists (select from sync.record_origins where tenant = $1) as "hasOrigins"`,
    [tenant, records],
  );
  invariant(row !== undefined, `tenant ${tenant} has its row in sync.tenant_ingest`);
  return row;
}

/** A source instance as entries name it. */
export interface InstanceName {
  readonly name: string;
  readonly sourceType: string;
}

/** Numbers of source instances, new ones created. */
export async function instanceNumbers(
  tx: Tx,
  tenant: number,
  wanted: readonly InstanceName[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ name: string; no: number }>(
    "select name, instance_no as no from sync.instances where tenant = $1 and name = any($2::text[])",
    [tenant, wanted.map(({ name }) => name)],
  );
  const numbers = new Map(rows.map(({ name, no }) => [name, no]));
  const missing = wanted.filter(({ name }) => !numbers.has(name));
  if (missing.length === 0) return numbers;
  const first = await takeNumbers(tx, tenant, { what: "instance", count: missing.length });
  for (const [i, { name, sourceType }] of missing.entries()) {
    numbers.set(name, first + i);
    await tx.query(
      "insert into sync.instances (tenant, instance_no, name, source_type) values ($1, $2, $3, $4)",
      [tenant, first + i, name, sourceType],
    );
  }
  return numbers;
}

/** Number of an instance that exists. */
export async function findInstance(
  tx: Tx,
  tenant: number,
  name: string,
): Promise<number | undefined> {
  const { rows } = await tx.query<{ no: number }>(
    "select instance_no as no from sync.instances where tenant = $1 and name = $2",
    [tenant, name],
  );
  return rows[0]?.no;
}

/** Number of a partition, created if it is new. */
export async function partitionNumber(tx: Tx, tenant: number, name: string): Promise<number> {
  const no = (await partitionNumbers(tx, tenant, [name])).get(name);
  invariant(no !== undefined, `partition ${name} has a number`);
  return no;
}

/** Numbers of partitions, new ones created. */
export async function partitionNumbers(
  tx: Tx,
  tenant: number,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ name: string; no: number }>(
    "select name, partition_no as no from sync.partitions where tenant = $1 and name = any($2::text[])",
    [tenant, wanted],
  );
  const numbers = new Map(rows.map(({ name, no }) => [name, no]));
  const missing = wanted.filter((name) => !numbers.has(name));
  if (missing.length === 0) return numbers;
  const first = await takeNumbers(tx, tenant, { what: "partition", count: missing.length });
  for (const [i, name] of missing.entries()) {
    numbers.set(name, first + i);
    await tx.query("insert into sync.partitions (tenant, partition_no, name) values ($1, $2, $3)", [
      tenant,
      first + i,
      name,
    ]);
  }
  return numbers;
}

/** The number of a partition that some record lies in. */
export async function findPartition(
  tx: Tx,
  tenant: number,
  name: string,
): Promise<number | undefined> {
  const { rows } = await tx.query<{ no: number }>(
    "select partition_no as no from sync.partitions where tenant = $1 and name = $2",
    [tenant, name],
  );
  return rows[0]?.no;
}

/** Names of a tenant's instances and partitions, by number. */
export async function readNames(
  tx: Tx,
  tenant: number,
): Promise<{
  readonly instances: ReadonlyMap<number, string>;
  readonly partitions: ReadonlyMap<number, string>;
}> {
  const { rows: instances } = await tx.query<{ no: number; name: string }>(
    "select instance_no as no, name from sync.instances where tenant = $1",
    [tenant],
  );
  const { rows: partitions } = await tx.query<{ no: number; name: string }>(
    "select partition_no as no, name from sync.partitions where tenant = $1",
    [tenant],
  );
  const byNumber = (rows: readonly { no: number; name: string }[]): Map<number, string> =>
    new Map(rows.map(({ no, name }) => [no, name]));
  return { instances: byNumber(instances), partitions: byNumber(partitions) };
}
