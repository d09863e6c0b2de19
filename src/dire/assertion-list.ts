/** Reading assertions for operators: what was said, by whom, of which records, and what became of it. */
import type { Queryable } from "../db/session.ts";
import { idOfUuid } from "../inventory/device-store.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import type { Said } from "./assertion-store.ts";
import type { AssertionKind } from "./assertion.ts";
import { kindOf, type Kind } from "./kind.ts";
import type { Field } from "./saying.ts";
import { VALUE_TYPES, type ValueType } from "./values.ts";

/** A record that an assertion names, and the device that it belongs to now. */
export interface NamedRecord {
  readonly recordNo: number;
  readonly side: number;
  readonly instance: string;
  readonly kind: Kind | undefined;
  readonly native: string;
  readonly deviceId: CanonicalId | undefined;
}

/** An assertion as it stands or stood. */
export interface Assertion {
  readonly assertionNo: number;
  readonly kind: AssertionKind;
  readonly partition: string | undefined;
  readonly valueType: ValueType | undefined;
  readonly field: Field | undefined;
  readonly value: string | undefined;
  readonly made: Said;
  readonly revoked: Said | undefined;
  readonly records: readonly NamedRecord[];
}

/** Which assertions are wanted. */
export interface AssertionFilter {
  readonly state: "standing" | "revoked" | "all";
  readonly kind: AssertionKind | undefined;
}

type Row = {
  assertion_no: number;
  kind: AssertionKind;
  partition: string | null;
  value_type: number | null;
  field: Field | null;
  value: string | null;
  actor: string;
  reason: string;
  made_at: number;
  revoked_at: number | null;
  revoked_by: string | null;
  revoked_reason: string | null;
};
const COLUMNS = `a.assertion_no, a.kind, p.name as partition, a.value_type, a.field, a.value, a.actor, a.reason, a.made_at,
  a.revoked_at, a.revoked_by, a.revoked_reason`;

/** Assertions before `before`, newest first. */
export async function listAssertions(
  db: Queryable,
  tenant: number,
  {
    filter,
    before,
    limit,
  }: {
    readonly filter: AssertionFilter;
    readonly before: number | undefined;
    readonly limit: number;
  },
): Promise<readonly Assertion[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from sync.assertions a left join sync.partitions p using (tenant, partition_no)
      where a.tenant = $1 and ($2::int is null or a.assertion_no < $2) and ($3::text is null or a.kind = $3)
        and ($4 = 'all' or (a.revoked_at is null) = ($4 = 'standing'))
      order by a.assertion_no desc limit $5`,
    [tenant, before ?? null, filter.kind ?? null, filter.state, limit],
  );
  return await withRecords(db, tenant, rows);
}

/** Assertions by number, in no particular order. */
export async function findAssertions(
  db: Queryable,
  tenant: number,
  assertionNos: readonly number[],
): Promise<readonly Assertion[]> {
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from sync.assertions a left join sync.partitions p using (tenant, partition_no)
      where a.tenant = $1 and a.assertion_no = any($2::int[])`,
    [tenant, assertionNos],
  );
  return await withRecords(db, tenant, rows);
}

async function withRecords(
  db: Queryable,
  tenant: number,
  rows: readonly Row[],
): Promise<readonly Assertion[]> {
  const records = await readNamed(
    db,
    tenant,
    rows.map((row) => row.assertion_no),
  );
  return rows.map((row) => assertionOf(row, records.get(row.assertion_no) ?? []));
}

async function readNamed(
  db: Queryable,
  tenant: number,
  assertionNos: readonly number[],
): Promise<ReadonlyMap<number, readonly NamedRecord[]>> {
  const { rows } = await db.query<{
    assertion_no: number;
    record_no: number;
    side: number;
    instance: string;
    kind: number;
    native: string;
    device_id: string | null;
  }>(
    `select n.assertion_no, n.record_no, n.side, i.name as instance, r.kind, r.native, d.device_id
       from sync.assertion_records n
       join sync.records r using (tenant, record_no)
       join sync.instances i using (tenant, instance_no)
       left join lateral (
         select d.device_id from sync.members m join sync.devices d using (tenant, device_no)
          where m.tenant = n.tenant and m.record_no = n.record_no and m.fingerprint in (0, n.fingerprint) limit 1) d on true
      where n.tenant = $1 and n.assertion_no = any($2::int[]) order by 1, 3, 2`,
    [tenant, assertionNos],
  );
  const named = rows.map((row) => ({
    assertionNo: row.assertion_no,
    recordNo: row.record_no,
    side: row.side,
    instance: row.instance,
    kind: kindOf(row.kind),
    native: row.native,
    deviceId: row.device_id === null ? undefined : idOfUuid(row.device_id),
  }));
  return Map.groupBy(named, ({ assertionNo }) => assertionNo);
}

function assertionOf(row: Row, records: readonly NamedRecord[]): Assertion {
  const types = Object.keys(VALUE_TYPES) as ValueType[];
  return {
    assertionNo: row.assertion_no,
    kind: row.kind,
    partition: row.partition ?? undefined,
    valueType: types.find((type) => VALUE_TYPES[type] === row.value_type),
    field: row.field ?? undefined,
    value: row.value ?? undefined,
    made: { actor: row.actor, reason: row.reason, atMs: row.made_at },
    revoked:
      row.revoked_at === null
        ? undefined
        : { actor: row.revoked_by ?? "", reason: row.revoked_reason ?? "", atMs: row.revoked_at },
    records,
  };
}
