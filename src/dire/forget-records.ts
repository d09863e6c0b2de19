import type { Tx } from "../db/tx.ts";
import { splitValue } from "./history-store.ts";
import { kindOf } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { historyOf, valuesOf } from "./node.ts";
import { readNames } from "./numbers.ts";
import type { RecordState } from "./record-state.ts";
import { columns } from "./record-store.ts";
import { VALUE_HOLDERS_MAX } from "./value-state.ts";

/**
 * Takes records and all that hangs on them out of the state; `keepsIds`: but for the inputs of their ids. The caller sees to the
 * devices that had them.
 */
export async function forgetRecords(
  tx: Tx,
  tenant: number,
  { recordNos, keepsIds }: { readonly recordNos: readonly number[]; readonly keepsIds: boolean },
): Promise<void> {
  if (recordNos.length === 0) return;
  const loaded = await loadRecords(tx, tenant, recordNos);
  if (keepsIds) await keepOrigins(tx, tenant, recordNos);
  await dropFacts(tx, tenant, [...loaded.values()]);
  await tx.query(
    `delete from sync.record_deletions d using sync.records r
      where d.tenant = $1 and r.tenant = $1 and r.record_no = any($2::int[])
        and (d.partition_no, d.kind, d.native, d.instance_no) = (r.partition_no, r.kind, r.native, r.instance_no)`,
    [tenant, recordNos],
  );
  for (const table of HANGING) {
    await tx.query(`delete from sync.${table} where tenant = $1 and record_no = any($2::int[])`, [
      tenant,
      recordNos,
    ]);
  }
}

const HANGING = [
  "members",
  "record_sightings",
  "record_addresses",
  "record_versions",
  "records",
] as const;

/** The least (first time, input) of all that a record ever showed, older fingerprints included. */
async function keepOrigins(tx: Tx, tenant: number, recordNos: readonly number[]): Promise<void> {
  await tx.query(
    `insert into sync.record_origins as o (tenant, partition_no, kind, native, instance_no, first_seen, id_input)
     select distinct on (r.partition_no, r.kind, r.native, r.instance_no)
            $1, r.partition_no, r.kind, r.native, r.instance_no, f.first_seen, f.id_input
       from sync.records r
      cross join lateral (
        select r.fingerprint_first as first_seen, r.id_input
        union all
        select v.first_seen, v.id_input from sync.record_versions v where v.tenant = $1 and v.record_no = r.record_no) f
      where r.tenant = $1 and r.record_no = any($2::int[])
      order by r.partition_no, r.kind, r.native, r.instance_no, f.first_seen, f.id_input collate "C"
     on conflict (tenant, partition_no, kind, native, instance_no) do nothing`,
    [tenant, recordNos],
  );
}

/** Takes what records say out of the value index, but for what `kept` says of them. Who else holds such a value is decided again. */
export async function dropFacts(
  tx: Tx,
  tenant: number,
  records: readonly (Pick<LoadedRecord, "row" | "state"> & { readonly kept?: RecordState })[],
): Promise<void> {
  const { instances, partitions } = await readNames(tx, tenant);
  const facts = records.flatMap(({ row, state, kept }) => {
    const kind = kindOf(row.kind);
    if (kind === undefined) return [];
    const partition = partitions.get(row.partitionNo) ?? "";
    const instance = instances.get(row.instanceNo) ?? "";
    const key = { partition, instance, kind, native: row.native };
    const still = new Set(kept === undefined ? [] : valuesOf(historyOf(row.recordNo, key, kept)));
    return valuesOf(historyOf(row.recordNo, key, state))
      .filter((value) => !still.has(value))
      .map((value) => ({
        ...splitValue(value),
        partitionNo: row.partitionNo,
        recordNo: row.recordNo,
      }));
  });
  await tx.query(
    `delete from sync.facts f using unnest($2::int[], $3::smallint[], $4::text[], $5::int[]) u(p, t, v, r)
      where f.tenant = $1 and f.partition_no = u.p and f.type = u.t and f.value = u.v and f.record_no = u.r`,
    [
      tenant,
      ...columns(
        facts,
        (f) => f.partitionNo,
        (f) => f.type,
        (f) => f.text,
        (f) => f.recordNo,
      ),
    ],
  );
  await markHolders(tx, tenant, facts);
}

/**
 * Who still holds a value that somebody held no longer is decided again: what was contested or too common may speak now. Where
 * more than VALUE_HOLDERS_MAX are left it stays too common, so no more than that and one are looked for.
 */
async function markHolders(
  tx: Tx,
  tenant: number,
  values: readonly { readonly partitionNo: number; readonly type: number; readonly text: string }[],
): Promise<void> {
  await tx.query(
    `insert into sync.dirty (tenant, records)
     select $1, range_agg(int4range(s.record_no, s.record_no + 1))
       from (select distinct h.record_no
               from (select distinct p, t, v from unnest($2::int[], $3::smallint[], $4::text[]) w(p, t, v)) u
              cross join lateral (
                select f.record_no from sync.facts f
                 where f.tenant = $1 and f.partition_no = u.p and f.type = u.t and f.value = u.v
                 order by f.record_no limit $5) h) s
     having count(*) > 0`,
    [
      tenant,
      ...columns(
        values,
        (f) => f.partitionNo,
        (f) => f.type,
        (f) => f.text,
      ),
      VALUE_HOLDERS_MAX + 1,
    ],
  );
}
