/** SQL of pairs that are held apart: written with the devices, listed for operators. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { idOfUuid } from "../inventory/device-store.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { kindOf, type Kind } from "./kind.ts";
import type { HeldApart, QuarantineReason } from "./quarantine.ts";
import { columns } from "./record-store.ts";
import type { Evidence } from "./score.ts";

/** Replaces what is held apart of these records; a pair that stays keeps its number and its time. */
export async function writeQuarantine(
  tx: Tx,
  tenant: number,
  {
    recordNos,
    held,
  }: { readonly recordNos: readonly number[]; readonly held: readonly HeldApart[] },
): Promise<void> {
  // A pair of two components may be found from either, in the same publication.
  const rows = [
    ...new Map(held.map((row) => [`${row.a.recordNo} ${row.b.recordNo}`, row])).values(),
  ].toSorted((x, y) => x.a.recordNo - y.a.recordNo || x.b.recordNo - y.b.recordNo);
  const [a, b] = columns(
    rows,
    (row) => row.a.recordNo,
    (row) => row.b.recordNo,
  );
  await tx.query(
    `delete from sync.quarantine q
      where q.tenant = $1 and (q.record_a = any($2::int[]) or q.record_b = any($2::int[]))
        and not exists (select from unnest($3::int[], $4::int[]) u(a, b) where u.a = q.record_a and u.b = q.record_b)`,
    [tenant, recordNos, a, b],
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into sync.quarantine as q
            (tenant, record_a, record_b, fingerprint_a, fingerprint_b, reason, points, evidence)
     select $1, u.* from unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::real[], $8::json[]) u
     on conflict (tenant, record_a, record_b) do update set fingerprint_a = excluded.fingerprint_a,
            fingerprint_b = excluded.fingerprint_b, reason = excluded.reason, points = excluded.points,
            evidence = excluded.evidence
      where (q.fingerprint_a, q.fingerprint_b, q.reason, q.points, q.evidence::text)
            is distinct from (excluded.fingerprint_a, excluded.fingerprint_b, excluded.reason, excluded.points,
                              excluded.evidence::text)`,
    [
      tenant,
      a,
      b,
      ...columns(
        rows,
        (row) => row.a.fingerprints.at(-1),
        (row) => row.b.fingerprints.at(-1),
        (row) => row.reason,
        (row) => row.points,
        (row) => JSON.stringify(row.evidence),
      ),
    ],
  );
}

/** One of two records that are held apart. */
export interface HeldRecord {
  readonly recordNo: number;
  readonly instance: string;
  readonly kind: Kind | undefined;
  readonly native: string;
  readonly deviceId: CanonicalId | undefined;
  readonly hostname: string | undefined;
}

/** Two records that are held apart, as it was found. */
export interface Quarantined {
  readonly quarantineNo: number;
  readonly reason: QuarantineReason;
  readonly points: number;
  readonly evidence: readonly Evidence[];
  readonly sinceMs: number;
  readonly a: HeldRecord;
  readonly b: HeldRecord;
}

type Row = {
  quarantine_no: number;
  reason: QuarantineReason;
  points: number;
  evidence: readonly Evidence[];
  since: number;
} & Record<`${"record" | "kind"}_${"a" | "b"}`, number> &
  Record<`${"instance" | "native"}_${"a" | "b"}`, string> &
  Record<`${"device" | "hostname"}_${"a" | "b"}`, string | null>;

/** Columns and tables of one of the two. */
const ONE = (x: "a" | "b"): readonly [string, string] => [
  `q.record_${x}, r${x}.kind as kind_${x}, r${x}.native as native_${x}, i${x}.name as instance_${x},
   d${x}.device_id as device_${x}, d${x}.hostname as hostname_${x}`,
  `join sync.records r${x} on r${x}.tenant = q.tenant and r${x}.record_no = q.record_${x}
   join sync.instances i${x} on i${x}.tenant = q.tenant and i${x}.instance_no = r${x}.instance_no
   left join lateral (
     select d.device_id, d.hostname from sync.members m join sync.devices d using (tenant, device_no)
      where m.tenant = q.tenant and m.record_no = q.record_${x} and m.fingerprint in (0, q.fingerprint_${x}) limit 1) d${x} on true`,
];
const [COLUMNS_A, TABLES_A] = ONE("a");
const [COLUMNS_B, TABLES_B] = ONE("b");

/** Pairs before `before`, newest first. */
export async function listQuarantine(
  db: Queryable,
  tenant: number,
  {
    reason,
    isOpen,
    before,
    limit,
  }: {
    readonly reason: QuarantineReason | undefined;
    /** Without those that an operator keeps apart: they are decided. */
    readonly isOpen: boolean;
    readonly before: number | undefined;
    readonly limit: number;
  },
): Promise<readonly Quarantined[]> {
  const { rows } = await db.query<Row>(
    `select q.quarantine_no, q.reason, q.points, q.evidence, q.since, ${COLUMNS_A}, ${COLUMNS_B}
       from sync.quarantine q ${TABLES_A} ${TABLES_B}
      where q.tenant = $1 and ($2::bigint is null or q.quarantine_no < $2) and ($3::text is null or q.reason = $3)
        and (not $5::boolean or q.reason <> 'cannot_link')
      order by q.quarantine_no desc limit $4`,
    [tenant, before ?? null, reason ?? null, limit, isOpen],
  );
  return rows.map((row) => ({
    quarantineNo: row.quarantine_no,
    reason: row.reason,
    points: row.points,
    evidence: row.evidence,
    sinceMs: row.since,
    a: heldRecord(row, "a"),
    b: heldRecord(row, "b"),
  }));
}

/** How many pairs are held apart. */
export async function countQuarantine(db: Queryable, tenant: number): Promise<number> {
  const { rows } = await db.query<{ pairs: number }>(
    "select count(*) as pairs from sync.quarantine where tenant = $1",
    [tenant],
  );
  return rows[0]?.pairs ?? 0;
}

function heldRecord(row: Row, x: "a" | "b"): HeldRecord {
  const deviceId = row[`device_${x}`];
  return {
    recordNo: row[`record_${x}`],
    instance: row[`instance_${x}`],
    kind: kindOf(row[`kind_${x}`]),
    native: row[`native_${x}`],
    deviceId: deviceId === null ? undefined : idOfUuid(deviceId),
    hostname: row[`hostname_${x}`] ?? undefined,
  };
}
