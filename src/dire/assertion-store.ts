/** SQL of operators' assertions: made, revoked, listed, and read by what the resolver has loaded. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import type { AssertionKind, FieldLock, Link, RecordPart, Verdict } from "./assertion.ts";
import { holderKey, splitValue, type PartitionValue } from "./history-store.ts";
import { takeNumbers } from "./numbers.ts";
import { formatRanges } from "./record-ranges.ts";
import { columns } from "./record-store.ts";
import type { Field } from "./saying.ts";

/** What is asserted, by its kind. */
export type Claim =
  | {
      readonly kind: "must_link" | "cannot_link";
      readonly sides: readonly [readonly RecordPart[], readonly RecordPart[]];
    }
  | { readonly kind: "block_value" | "allow_value"; readonly value: PartitionValue }
  | {
      readonly kind: "lock_field";
      readonly part: RecordPart;
      readonly field: Field;
      readonly value: string;
    };

/** Who says something, why and when. */
export interface Said {
  readonly actor: string;
  readonly reason: string;
  readonly atMs: number;
}

/** Records that an assertion can move, and the mark that has them decided again. */
export interface Affected {
  readonly recordNos: readonly number[];
  readonly dirtyNo: number | undefined;
}

/** Makes an assertion and marks the records that it can move, in the caller's transaction; gives its number and theirs. */
export async function writeAssertion(
  tx: Tx,
  tenant: number,
  { claim, said }: { readonly claim: Claim; readonly said: Said },
): Promise<Affected & { readonly no: number }> {
  const assertionNo = await takeNumbers(tx, tenant, { what: "assertion", count: 1 });
  const value = "value" in claim && claim.kind !== "lock_field" ? claim.value : undefined;
  const split = value === undefined ? undefined : splitValue(value.value);
  const lock = claim.kind === "lock_field" ? claim : undefined;
  await tx.query(
    `insert into sync.assertions
            (tenant, assertion_no, kind, partition_no, value_type, field, value, actor, reason, made_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      tenant,
      assertionNo,
      claim.kind,
      value?.partitionNo ?? null,
      split?.type ?? null,
      lock?.field ?? null,
      lock?.value ?? split?.text ?? null,
      said.actor,
      said.reason,
      isoTime(said.atMs),
    ],
  );
  await writeParts(tx, tenant, { assertionNo, sides: sidesOf(claim) });
  return { no: assertionNo, ...(await markAffected(tx, tenant, assertionNo)) };
}

function sidesOf(claim: Claim): readonly (readonly RecordPart[])[] {
  if ("sides" in claim) return claim.sides;
  return "part" in claim ? [[claim.part]] : [];
}

async function writeParts(
  tx: Tx,
  tenant: number,
  {
    assertionNo,
    sides,
  }: { readonly assertionNo: number; readonly sides: readonly (readonly RecordPart[])[] },
): Promise<void> {
  const rows = sides.flatMap((side, i) => side.map((part) => ({ ...part, side: i + 1 })));
  await tx.query(
    `insert into sync.assertion_records (tenant, record_no, assertion_no, side, fingerprint)
     select $1, u.r, $2, u.s, u.f from unnest($3::int[], $4::smallint[], $5::bigint[]) u(r, s, f)
      order by 2, 4, 5 on conflict do nothing`,
    [
      tenant,
      assertionNo,
      ...columns(
        rows,
        (row) => row.recordNo,
        (row) => row.side,
        (row) => row.fingerprint,
      ),
    ],
  );
}

/** Takes an assertion back and marks the records that it moved, which it gives; undefined where it does not stand. */
export async function revokeAssertion(
  tx: Tx,
  tenant: number,
  { assertionNo, said }: { readonly assertionNo: number; readonly said: Said },
): Promise<Affected | undefined> {
  const { count } = await tx.query(
    `update sync.assertions set revoked_at = $3, revoked_by = $4, revoked_reason = $5
      where tenant = $1 and assertion_no = $2 and revoked_at is null`,
    [tenant, assertionNo, isoTime(said.atMs), said.actor, said.reason],
  );
  return count === 0 ? undefined : await markAffected(tx, tenant, assertionNo);
}

/** Records that an assertion can move: those it names, or those that hold its value. */
async function affectedRecords(
  tx: Tx,
  tenant: number,
  assertionNo: number,
): Promise<readonly number[]> {
  const { rows } = await tx.query<{ record_no: number }>(
    `select record_no from sync.assertion_records where tenant = $1 and assertion_no = $2
     union
     select f.record_no from sync.assertions a
       join sync.facts f on f.tenant = a.tenant and f.partition_no = a.partition_no and f.type = a.value_type
                        and f.value = a.value
      where a.tenant = $1 and a.assertion_no = $2
     order by 1`,
    [tenant, assertionNo],
  );
  return rows.map((row) => row.record_no);
}

async function markAffected(tx: Tx, tenant: number, assertionNo: number): Promise<Affected> {
  const recordNos = await affectedRecords(tx, tenant, assertionNo);
  if (recordNos.length === 0) return { recordNos, dirtyNo: undefined };
  const { rows } = await tx.query<{ dirty_no: number }>(
    "insert into sync.dirty (tenant, records) values ($1, $2) returning dirty_no",
    [tenant, formatRanges(recordNos)],
  );
  return { recordNos, dirtyNo: rows[0]?.dirty_no };
}

/** Takes marks away of what was decided at once. */
export async function unmark(tx: Tx, tenant: number, dirtyNos: readonly number[]): Promise<void> {
  await tx.query("delete from sync.dirty where tenant = $1 and dirty_no = any($2::bigint[])", [
    tenant,
    dirtyNos,
  ]);
}

/** Kinds of which a tenant has assertions that stand. Mostly none: then nothing else need be asked. */
export async function standingKinds(
  db: Queryable,
  tenant: number,
): Promise<ReadonlySet<AssertionKind>> {
  const { rows } = await db.query<{ kind: AssertionKind }>(
    "select distinct kind from sync.assertions where tenant = $1 and revoked_at is null",
    [tenant],
  );
  return new Set(rows.map(({ kind }) => kind));
}

/** Links that stand and name any of these records, whole. */
export async function readLinks(
  tx: Queryable,
  tenant: number,
  recordNos: readonly number[],
): Promise<readonly Link[]> {
  const { rows } = await tx.query<{
    assertion_no: number;
    kind: Link["kind"];
    record_no: number;
    fingerprint: number;
    side: number;
  }>(
    `select a.assertion_no, a.kind, r.record_no, r.fingerprint, r.side
       from (select distinct assertion_no from sync.assertion_records
              where tenant = $1 and record_no = any($2::int[])) t
       join sync.assertions a on a.tenant = $1 and a.assertion_no = t.assertion_no
       join sync.assertion_records r on r.tenant = $1 and r.assertion_no = t.assertion_no
      where a.revoked_at is null and a.kind in ('must_link', 'cannot_link')
      order by 1, 5, 3, 4`,
    [tenant, recordNos],
  );
  return [...Map.groupBy(rows, (row) => row.assertion_no)].map(([assertionNo, own]): Link => ({
    assertionNo,
    kind: own[0]?.kind ?? "cannot_link",
    sides: [partsOf(own, 1), partsOf(own, 2)],
  }));
}

type PartRow = {
  readonly record_no: number;
  readonly fingerprint: number;
  readonly side: number;
};

function partsOf(rows: readonly PartRow[], side: number): readonly RecordPart[] {
  return rows
    .filter((row) => row.side === side)
    .map((row) => ({ recordNo: row.record_no, fingerprint: row.fingerprint }));
}

/** What operators said of values, by "partition value"; of several the latest, and on a tie that it is blocked. */
export async function readVerdicts(
  tx: Queryable,
  tenant: number,
  values: readonly PartitionValue[],
): Promise<ReadonlyMap<string, Verdict>> {
  const split = values.map(({ partitionNo, value }) => ({ partitionNo, ...splitValue(value) }));
  const { rows } = await tx.query<{ i: number; kind: AssertionKind }>(
    `select (u.i - 1)::int as i, s.kind
       from unnest($2::int[], $3::smallint[], $4::text[]) with ordinality u(p, t, v, i)
      cross join lateral (
        select kind from sync.assertions
         where tenant = $1 and partition_no = u.p and value_type = u.t and value = u.v and revoked_at is null
           and value_type is not null
         order by made_at desc, kind desc limit 1) s`,
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
    rows.map(({ i, kind }) => [holderKey(values[i]), kind === "block_value" ? "block" : "allow"]),
  );
}

/** Locks that stand and are anchored in any of these records. */
export async function readLocks(
  tx: Queryable,
  tenant: number,
  recordNos: readonly number[],
): Promise<readonly FieldLock[]> {
  const { rows } = await tx.query<{
    assertion_no: number;
    record_no: number;
    fingerprint: number;
    field: Field;
    value: string;
    actor: string;
    made_at: number;
  }>(
    `select a.assertion_no, r.record_no, r.fingerprint, a.field, a.value, a.actor, a.made_at
       from sync.assertion_records r join sync.assertions a using (tenant, assertion_no)
      where r.tenant = $1 and r.record_no = any($2::int[]) and a.kind = 'lock_field' and a.revoked_at is null
      order by 1`,
    [tenant, recordNos],
  );
  return rows.map((row) => ({
    assertionNo: row.assertion_no,
    recordNo: row.record_no,
    fingerprint: row.fingerprint,
    field: row.field,
    value: row.value,
    actor: row.actor,
    sinceMs: row.made_at,
  }));
}
