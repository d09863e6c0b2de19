/** Why a device is shown as it is: its records, what each says, and whose value stands for every attribute. */
import type { Tx } from "../db/tx.ts";
import { readRecordsOf } from "../inventory/device-store.ts";
import { readDeletions } from "./history-store.ts";
import { kindOf, type Kind } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { nodeOf } from "./node.ts";
import { readNames } from "./numbers.ts";
import { survive, type Field, type Survivor, type Witness } from "./survive.ts";

/** One record of a device. */
export interface RecordEvidence {
  readonly recordNo: number;
  readonly instance: string;
  /** What the record itself names as its source. */
  readonly source: string;
  readonly partition: string;
  readonly kind: Kind;
  readonly native: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** When its source retracted it, if it has not seen it since. */
  readonly deletedMs: number | undefined;
  /** The entry's JSON as it was sent, without its volatile members. */
  readonly payload: unknown;
}

/** A device's records, oldest first, and its attributes by name. */
export interface Evidence {
  readonly records: readonly RecordEvidence[];
  readonly fields: ReadonlyMap<Field, Survivor>;
  /** Records beyond those that are shown. */
  readonly recordsLeftOff: number;
}

/** Records of one device that are read: four times what clustering lets one have. */
const RECORDS_MAX = 100;

/** The evidence of a device, from the records themselves; in a snapshot it agrees with the published row. */
export async function readEvidence(tx: Tx, tenant: number, deviceNo: number): Promise<Evidence> {
  const all = (await readRecordsOf(tx, tenant, [deviceNo])).toSorted((a, b) => a - b);
  const loaded = await loadRecords(tx, tenant, all.slice(0, RECORDS_MAX));
  const names = await readNames(tx, tenant);
  const rows = [...loaded.values()].map(({ row }) => row);
  const deletions = await readDeletions(tx, tenant, rows);
  const standing = [...loaded.values()].flatMap((record) => standingOf(record, names, deletions));
  const alive = standing.filter(({ evidence }) => evidence.deletedMs === undefined);
  const records = standing
    .map(({ evidence }) => evidence)
    .toSorted((a, b) => a.firstMs - b.firstMs || a.recordNo - b.recordNo);
  return {
    records,
    // As the published row has it: retracted records say nothing while another stands.
    fields: survive(alive.length > 0 ? alive : standing),
    recordsLeftOff: all.length - records.length,
  };
}

type Standing = Witness & { readonly evidence: RecordEvidence };

function standingOf(
  { row, update, state }: LoadedRecord,
  { instances, partitions }: Awaited<ReturnType<typeof readNames>>,
  deletions: ReadonlyMap<number, number>,
): Standing[] {
  const kind = kindOf(row.kind);
  if (kind === undefined) return [];
  const { recordNo, native } = row;
  const instance = instances.get(row.instanceNo) ?? "";
  const partition = partitions.get(row.partitionNo) ?? "";
  const node = nodeOf(recordNo, { partition, instance, kind, native }, state);
  const deleted = deletions.get(recordNo);
  const evidence = {
    recordNo,
    instance,
    source: update.source.toLowerCase(),
    partition,
    kind,
    native,
    firstMs: node.firstMs,
    lastMs: node.lastMs,
    deletedMs: deleted !== undefined && deleted >= node.lastMs ? deleted : undefined,
    payload: JSON.parse(row.payload) as unknown,
  };
  return [{ node, update, evidence }];
}
