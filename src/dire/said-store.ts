/** SQL that reads back what all records of a tenant say, for who has it in mind (dire/recall.ts). */
import type { Tx } from "../db/tx.ts";
import type { Recall } from "./recall.ts";
import { typeOfNumber } from "./value-store.ts";

/** Rows read at a time, so that the driver holds few. */
const PAGE = 50_000;

/** Makes a recall whole: each value once for every record that says it, each name, and whatever the id rule was given. */
export async function readSaid(tx: Tx, tenant: number, recall: Recall): Promise<void> {
  recall.makeWhole();
  await readNames(tx, tenant, recall);
  await readValues(tx, tenant, recall);
  await readFormerIds(tx, tenant, recall);
}

type NameRow = {
  readonly record_no: number;
  readonly partition_no: number;
  readonly kind: number;
  readonly native: string;
  readonly id_input: string;
};

async function readNames(tx: Tx, tenant: number, recall: Recall): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined;) {
    const { rows }: { rows: readonly NameRow[] } = await tx.query<NameRow>(
      `select record_no, partition_no, kind, native, id_input from sync.records
        where tenant = $1 and record_no > $2 order by record_no limit $3`,
      [tenant, after, PAGE],
    );
    for (const { partition_no: partitionNo, kind, native, id_input: idInput } of rows) {
      recall.noteName({ partitionNo, kind, native });
      recall.noteId(idInput);
    }
    after = rows.length < PAGE ? undefined : rows.at(-1)?.record_no;
  }
}

type ValueRow = {
  readonly partition_no: number;
  readonly type: number;
  readonly value: string;
  readonly record_no: number;
};
const NO_VALUE: ValueRow = { partition_no: -1, type: -1, value: "", record_no: -1 };

/** In the order of the table's key. */
async function readValues(tx: Tx, tenant: number, recall: Recall): Promise<void> {
  for (let after: ValueRow | undefined = NO_VALUE; after !== undefined;) {
    const { rows }: { rows: readonly ValueRow[] } = await tx.query<ValueRow>(
      `select partition_no, type, value, record_no from sync.facts
        where tenant = $1 and (partition_no, type, value, record_no) > ($2, $3, $4, $5)
        order by partition_no, type, value, record_no limit $6`,
      [tenant, after.partition_no, after.type, after.value, after.record_no, PAGE],
    );
    for (const { partition_no: partitionNo, type, value } of rows) {
      recall.noteValue(partitionNo, `${typeOfNumber(type)}:${value}`);
    }
    after = rows.length < PAGE ? undefined : rows.at(-1);
  }
}

type VersionRow = {
  readonly record_no: number;
  readonly fingerprint: number;
  readonly id_input: string;
};

/** What the id rule was given by what a record said before. */
async function readFormerIds(tx: Tx, tenant: number, recall: Recall): Promise<void> {
  const none: VersionRow = { record_no: 0, fingerprint: 0, id_input: "" };
  for (let after: VersionRow | undefined = none; after !== undefined;) {
    const { rows }: { rows: readonly VersionRow[] } = await tx.query<VersionRow>(
      `select record_no, fingerprint, id_input from sync.record_versions
        where tenant = $1 and (record_no, fingerprint) > ($2, $3) order by record_no, fingerprint limit $4`,
      [tenant, after.record_no, after.fingerprint, PAGE],
    );
    for (const { id_input: idInput } of rows) recall.noteId(idInput);
    after = rows.length < PAGE ? undefined : rows.at(-1);
  }
}
