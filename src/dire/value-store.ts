/** SQL of the decided states of values: what may not join records, so that a change of it can be seen. */
import type { Tx } from "../db/tx.ts";
import { holderKey, splitValue, type PartitionValue } from "./history-store.ts";
import { columns } from "./record-store.ts";
import type { ValueState } from "./value-state.ts";

const STATE_NUMBERS = { contested: 1, generic: 2 } as const;

/** States as last decided, by "partition value"; a value that is not in the map is usable. */
export async function readValueStates(
  tx: Tx,
  tenant: number,
  values: readonly PartitionValue[],
): Promise<ReadonlyMap<string, ValueState>> {
  const split = values.map(({ partitionNo, value }) => ({ partitionNo, ...splitValue(value) }));
  const { rows } = await tx.query<{ i: number; state: number }>(
    `select (u.i - 1)::int as i, s.state
       from unnest($2::int[], $3::smallint[], $4::text[]) with ordinality u(p, t, v, i)
      cross join lateral (
        select state from sync.value_states
         where tenant = $1 and partition_no = u.p and type = u.t and value = u.v limit 1) s`,
    [
      tenant,
      ...columns(
        split,
        (s) => s.partitionNo,
        (s) => s.type,
        (s) => s.text,
      ),
    ],
  );
  return new Map(
    rows.map(({ i, state }) => [
      holderKey(values[i]),
      state === STATE_NUMBERS.generic ? "generic" : "contested",
    ]),
  );
}

/** A value whose state was decided anew. */
export interface DecidedValue extends PartitionValue {
  readonly state: ValueState;
}

/** Writes decided states; usable values leave the table. */
export async function writeValueStates(
  tx: Tx,
  tenant: number,
  decided: readonly DecidedValue[],
): Promise<void> {
  if (decided.length === 0) return;
  const split = decided.map((row) => ({ ...row, ...splitValue(row.value) }));
  const barred = split.filter(({ state }) => state !== "ok");
  const usable = split.filter(({ state }) => state === "ok");
  await tx.query(
    `delete from sync.value_states s using unnest($2::int[], $3::smallint[], $4::text[]) u(p, t, v)
      where s.tenant = $1 and s.partition_no = u.p and s.type = u.t and s.value = u.v`,
    [
      tenant,
      ...columns(
        usable,
        (s) => s.partitionNo,
        (s) => s.type,
        (s) => s.text,
      ),
    ],
  );
  await tx.query(
    `insert into sync.value_states (tenant, partition_no, type, value, state)
     select $1, u.* from unnest($2::int[], $3::smallint[], $4::text[], $5::smallint[]) u(p, t, v, s)
      order by p, t, v collate "C"
     on conflict (tenant, partition_no, type, value) do update set state = excluded.state, since = now()`,
    [
      tenant,
      ...columns(
        barred,
        (s) => s.partitionNo,
        (s) => s.type,
        (s) => s.text,
        (s) => (s.state === "generic" ? STATE_NUMBERS.generic : STATE_NUMBERS.contested),
      ),
    ],
  );
}
