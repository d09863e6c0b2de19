/**
 * SQL of the queue between ingest and publication: rows of records whose components must be decided again, one a worked batch,
 * oldest first. A component is decided once for all of its records that wait, in whichever row: with the first of them that is
 * taken the others leave the queue too.
 */
import type { Tx } from "../db/tx.ts";
import {
  formatRecords,
  hasRecord,
  numbersOf,
  parseRecords,
  recordsOf,
  subtract,
  takeFirst,
  unite,
  type RecordSet,
} from "./record-set.ts";
import { columns } from "./record-store.ts";

/** Records resolved in one transaction: bounds its memory and how long the tenant's row stays locked. */
const RECORDS_MAX = 5_000;
/** Rows looked at to find them. */
const ROWS_MAX = 64;
/** Text of rows that is read, characters: about 15,000 ranges. What waits further back is decided when its turn comes, once more. */
const TEXT_MAX = 262_144;

type Row = {
  readonly dirtyNo: number;
  readonly runNo: number | undefined;
  readonly records: RecordSet;
};

/** Records of one run, so that what they change is on that run's account. */
export interface Taken {
  readonly recordNos: readonly number[];
  readonly runNo: number | undefined;
}

/** Looks at a tenant's queue, whose rows stay locked until the transaction ends. */
export async function openDirtyQueue(tx: Tx, tenant: number): Promise<DirtyQueue> {
  const { rows } = await tx.query<{ dirty_no: number; records: string; run_no: number | null }>(
    `select dirty_no, records::text as records, run_no from sync.dirty where tenant = $1
      order by dirty_no limit $2 for update`,
    [tenant, ROWS_MAX],
  );
  let length = 0;
  const near = rows.filter(({ records }, i) => (length += records.length) <= TEXT_MAX || i === 0);
  return new DirtyQueue(
    tx,
    tenant,
    near.map((row) => ({
      dirtyNo: row.dirty_no,
      runNo: row.run_no ?? undefined,
      records: parseRecords(row.records),
    })),
  );
}

/** The front of a tenant's queue, one transaction long. */
export class DirtyQueue {
  readonly #tx: Tx;
  readonly #tenant: number;
  readonly #rows: readonly Row[];
  readonly #all: RecordSet;

  constructor(tx: Tx, tenant: number, rows: readonly Row[]) {
    this.#tx = tx;
    this.#tenant = tenant;
    this.#rows = rows;
    this.#all = unite(rows.map(({ records }) => records));
  }

  /** The records that are next; undefined where none waits. */
  take(recordsMax: number = RECORDS_MAX): Taken | undefined {
    const [first] = this.#rows;
    if (first === undefined) return undefined;
    const { runNo } = first;
    const recordNos = new Set<number>();
    for (const { records } of this.#rows.filter((row) => row.runNo === runNo)) {
      const next = takeFirst(records, recordsMax - recordNos.size);
      for (const no of numbersOf(next)) recordNos.add(no);
    }
    return { recordNos: [...recordNos], runNo };
  }

  /** Whether a record waits, in whichever row. */
  has(recordNo: number): boolean {
    return hasRecord(this.#all, recordNo);
  }

  /** Takes records off all rows. */
  async drop(recordNos: readonly number[]): Promise<void> {
    const done = recordsOf(recordNos);
    const left = this.#rows.map((row) => ({ ...row, left: subtract(row.records, done) }));
    await this.#tx.query(
      "delete from sync.dirty where tenant = $1 and dirty_no = any($2::bigint[])",
      [this.#tenant, left.filter((row) => row.left.length === 0).map(({ dirtyNo }) => dirtyNo)],
    );
    const shrunk = left.filter(
      (row) => row.left.length > 0 && formatRecords(row.left) !== formatRecords(row.records),
    );
    if (shrunk.length === 0) return;
    await this.#tx.query(
      `update sync.dirty d set records = u.records from unnest($2::bigint[], $3::int4multirange[]) u(no, records)
        where d.tenant = $1 and d.dirty_no = u.no`,
      [
        this.#tenant,
        ...columns(
          shrunk,
          ({ dirtyNo }) => dirtyNo,
          (row) => formatRecords(row.left),
        ),
      ],
    );
  }
}
