import type { Tx } from "../db/tx.ts";
import { columns, type RecordRef } from "./record-store.ts";

/** What the id rule was fed when a record was first seen, from before it was removed. */
export interface Origin {
  readonly firstMs: number;
  readonly idInput: string;
}

/** Origins of new records that were here once, by position in `refs`. */
export async function readOrigins(
  tx: Tx,
  tenant: number,
  refs: readonly RecordRef[],
): Promise<ReadonlyMap<number, Origin>> {
  const { rows } = await tx.query<{ i: number; first_seen: number; id_input: string }>(
    `select (u.i - 1)::int as i, o.first_seen, o.id_input
       from unnest($2::int[], $3::smallint[], $4::text[], $5::int[]) with ordinality u(p, k, n, s, i)
      cross join lateral (
        select first_seen, id_input from sync.record_origins
         where tenant = $1 and partition_no = u.p and kind = u.k and native = u.n and instance_no = u.s limit 1) o`,
    [
      tenant,
      ...columns(
        refs,
        (r) => r.partitionNo,
        (r) => r.kind,
        (r) => r.native,
        (r) => r.instanceNo,
      ),
    ],
  );
  return new Map(rows.map((row) => [row.i, { firstMs: row.first_seen, idInput: row.id_input }]));
}
