/** Why a device is shown as it is: its records, what each says, and whose value stands for every attribute. */
import type { Tx } from "../db/tx.ts";
import { readMembersOf } from "../inventory/device-store.ts";
import type { MemberRow } from "../inventory/member.ts";
import { readLocks } from "./assertion-store.ts";
import { locksOf } from "./assertion.ts";
import { goneSince, type Deletion } from "./deletion.ts";
import { readDerivation } from "./derivation-store.ts";
import { readDeletions } from "./history-store.ts";
import { kindOf, type Kind } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { historyOf, nodeOf } from "./node.ts";
import { readNames } from "./numbers.ts";
import type { Field } from "./saying.ts";
import { survive, witnessOf, type Survivor, type Witness } from "./survive.ts";

/** One record of a device. */
interface RecordEvidence {
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
  /** Complete full runs of its source in a row that did not find it. */
  readonly missedRuns: number;
  /** The record speaks of another device now; until `lastMs` it spoke of this one. */
  readonly isPast: boolean;
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
  const rows = Map.groupBy(await readMembersOf(tx, tenant, deviceNo), ({ recordNo }) => recordNo);
  const all = [...rows.keys()].toSorted((a, b) => a - b);
  const loaded = await loadRecords(tx, tenant, all.slice(0, RECORDS_MAX));
  const names = await readNames(tx, tenant);
  const deletions = await readDeletions(
    tx,
    tenant,
    [...loaded.values()].map(({ row }) => row),
  );
  const standing = [...loaded].flatMap(([no, record]) =>
    standingOf(record, { rows: rows.get(no) ?? [], names, deletions }),
  );
  const alive = standing.filter(
    ({ evidence }) => evidence.deletedMs === undefined && !evidence.isPast,
  );
  const records = standing
    .map(({ evidence }) => evidence)
    .toSorted((a, b) => a.firstMs - b.firstMs || a.recordNo - b.recordNo);
  return {
    records,
    // As the published row has it: retracted records say nothing while another stands.
    fields: survive(alive.length > 0 ? alive : standing, {
      derivation: await readDerivation(tx),
      locks: locksOf(
        standing.map(({ node }) => node),
        await readLocks(tx, tenant, [...loaded.keys()]),
      ),
    }),
    recordsLeftOff: all.length - records.length,
  };
}

type Standing = Witness & { readonly evidence: RecordEvidence };

type Around = {
  readonly rows: readonly MemberRow[];
  readonly names: Awaited<ReturnType<typeof readNames>>;
  readonly deletions: ReadonlyMap<number, Deletion>;
};

function standingOf(
  { row, update, state }: LoadedRecord,
  { rows, names, deletions }: Around,
): Standing[] {
  const kind = kindOf(row.kind);
  if (kind === undefined) return [];
  const { recordNo, native } = row;
  const instance = names.instances.get(row.instanceNo) ?? "";
  const partition = names.partitions.get(row.partitionNo) ?? "";
  const history = historyOf(recordNo, { partition, instance, kind, native }, state);
  const isWhole = rows.some(({ fingerprint }) => fingerprint === 0);
  const own = history.versions.filter(
    ({ fingerprint }) => isWhole || rows.some((r) => r.fingerprint === fingerprint),
  );
  if (own.length === 0) return [];
  const node = nodeOf(history, 0, own);
  const evidence = {
    recordNo,
    instance,
    source: update.source.toLowerCase(),
    partition,
    kind,
    native,
    firstMs: node.firstMs,
    lastMs: node.lastMs,
    deletedMs: goneSince(deletions.get(recordNo), node.lastMs),
    missedRuns: row.missedRuns,
    isPast: !node.fingerprints.includes(state.content.fingerprint),
    payload: JSON.parse(row.payload) as unknown,
  };
  const { missedRuns } = row;
  const { fingerprint } = state.content;
  return [{ ...witnessOf(node, { update, history, fingerprint, missedRuns }), evidence }];
}
