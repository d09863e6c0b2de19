/** SQL of the decided states of values: what may not join records, so that a change of it can be seen. */
import type { Tx } from "../db/tx.ts";
import { holderKey, splitValue, type PartitionValue } from "./history-store.ts";
import { columns } from "./record-store.ts";
import type { ValueState } from "./value-state.ts";
import { VALUE_TYPES, type ValueType } from "./values.ts";

const STATE_NUMBERS = { contested: 1, generic: 2 } as const;

/** The word of a stored value type. */
export function typeOfNumber(type: number): ValueType | undefined {
  const [found] = Object.entries(VALUE_TYPES).find(([, no]) => no === type) ?? [];
  return found as ValueType | undefined;
}

/** Who holds a value, and what was last decided of it. */
export interface HeldValue {
  /** Records that hold it, no more than were asked for. */
  readonly holders: readonly number[];
  readonly state: ValueState;
}

/** Holders, at most `limit` of each, and states of values; by "partition value". */
export async function readHeldValues(
  tx: Tx,
  tenant: number,
  { values, limit }: { readonly values: readonly PartitionValue[]; readonly limit: number },
): Promise<ReadonlyMap<string, HeldValue>> {
  if (values.length === 0) return new Map();
  const split = values.map(({ partitionNo, value }) => ({ partitionNo, ...splitValue(value) }));
  const { rows } = await tx.query<{ i: number; holders: number[] | null; state: number | null }>(
    `select (u.i - 1)::int as i, h.holders,
            (select state from sync.value_states
              where tenant = $1 and partition_no = u.p and type = u.t and value = u.v limit 1) as state
       from unnest($2::int[], $3::smallint[], $4::text[]) with ordinality u(p, t, v, i)
      cross join lateral (select array_agg(f.record_no) as holders from (
        select record_no from sync.facts
         where tenant = $1 and partition_no = u.p and type = u.t and value = u.v
         order by record_no limit $5) f) h`,
    [
      tenant,
      ...columns(
        split,
        (s) => s.partitionNo,
        (s) => s.type,
        (s) => s.text,
      ),
      limit,
    ],
  );
  return new Map(
    rows.map(({ i, holders, state }) => [
      holderKey(values[i]),
      { holders: holders ?? [], state: nameOfState(state) },
    ]),
  );
}

/** A value as one record says it. */
export interface SaidValue extends PartitionValue {
  readonly recordNo: number;
}

/** Who else holds a value, and what was last decided of it. */
export interface Sharing {
  /** Other records, ascending, no more than were asked for. */
  readonly others: readonly number[];
  readonly before: ValueState;
}

/**
 * Other holders, at most `limit` of each, and states of values, by position; of most values nobody else is found and nothing was
 * decided, and those are left out. Holders come as rows: arrays would be built and taken apart again for each value.
 */
export async function readSharing(
  tx: Tx,
  tenant: number,
  { said, limit }: { readonly said: readonly SaidValue[]; readonly limit: number },
): Promise<ReadonlyMap<number, Sharing>> {
  if (said.length === 0) return new Map();
  const split = said.map(({ value }) => splitValue(value));
  const { rows } = await tx.query<{ i: number; no: number | null; state: number | null }>(
    `select (u.i - 1)::int as i, f.record_no as no, null as state
       from unnest($2::int[], $3::smallint[], $4::text[], $5::int[]) with ordinality u(p, t, v, r, i)
      cross join lateral (
        select record_no from sync.facts
         where tenant = $1 and partition_no = u.p and type = u.t and value = u.v and record_no <> u.r
         order by record_no limit $6) f
     union all
     select (u.i - 1)::int, null, s.state
       from unnest($2::int[], $3::smallint[], $4::text[]) with ordinality u(p, t, v, i)
      cross join lateral (
        select state from sync.value_states
         where tenant = $1 and partition_no = u.p and type = u.t and value = u.v limit 1) s
      where exists (select from sync.value_states where tenant = $1)`,
    [
      tenant,
      said.map(({ partitionNo }) => partitionNo),
      split.map(({ type }) => type),
      split.map(({ text }) => text),
      said.map(({ recordNo }) => recordNo),
      limit,
    ],
  );
  const sharing = new Map<number, { others: number[]; before: ValueState }>();
  for (const { i, no, state } of rows) {
    const known = sharing.get(i) ?? { others: [], before: "ok" };
    sharing.set(i, known);
    if (no !== null) known.others.push(no);
    if (state !== null) known.before = nameOfState(state);
  }
  return sharing;
}

/** The word of a stored state; one that is not stored is usable. */
export function nameOfState(state: number | null): ValueState {
  if (state === null) return "ok";
  return state === STATE_NUMBERS.generic ? "generic" : "contested";
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
