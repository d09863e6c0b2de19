/** One transaction's worth of undoing: records are removed or say again what they said before a run. */
import type { Tx } from "../db/tx.ts";
import { readMembers, writeMembers } from "../inventory/device-store.ts";
import { dropFacts, forgetRecords } from "./forget-records.ts";
import { kindOf } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { readNames, takeNumbers } from "./numbers.ts";
import { formatRanges, parseRanges } from "./record-ranges.ts";
import { formatRecords, intersect, type RecordSet } from "./record-set.ts";
import { allVersions, type RecordState } from "./record-state.ts";
import { readJournal } from "./run-journal.ts";
import { saveState } from "./saved-state.ts";
import { clearSightings } from "./seen-store.ts";
import type { UndoPlan } from "./undo-plan.ts";
import { readRedone, writeUndone, type UndoneRecord, type UndoneRun } from "./undo-store.ts";
import { writeStates, type WrittenState } from "./write-states.ts";

type Reversal = {
  readonly run: UndoneRun;
  readonly undoNo: number;
  readonly batch: RecordSet;
  readonly plan: UndoPlan;
  /** What is said of records that stay. */
  readonly kept: { readonly seenSince: string; readonly decided: string };
};

/** Reverses what may be of a batch of the run's records, and notes what became of each. */
export async function reverseBatch(
  open: Tx,
  tenant: number,
  { run, undoNo, batch, plan, kept }: Reversal,
): Promise<void> {
  const numbers = (part: RecordSet): number[] => parseRanges(formatRecords(intersect(batch, part)));
  const removed = await removeRecords(open, tenant, { run, recordNos: numbers(plan.remove) });
  const restored = await restoreRecords(open, tenant, { run, recordNos: numbers(plan.restore) });
  const stay = (part: RecordSet, reason: string): UndoneRecord[] =>
    numbers(part).map((recordNo) => ({ recordNo, result: "kept", reason }));
  const records = [
    ...removed,
    ...restored,
    ...stay(plan.seenSince, kept.seenSince),
    ...stay(plan.decided, kept.decided),
  ];
  await writeUndone(open, tenant, { undoNo, records });
}

type Chosen = { readonly run: UndoneRun; readonly recordNos: readonly number[] };

const GONE_ALREADY = "it is gone already";

async function removeRecords(
  open: Tx,
  tenant: number,
  { run, recordNos }: Chosen,
): Promise<UndoneRecord[]> {
  const loaded = await loadRecords(open, tenant, recordNos);
  const { rows: homes } = await open.query<{ device_no: number }>(
    "select distinct device_no from sync.members where tenant = $1 and record_no = any($2::int[])",
    [tenant, recordNos],
  );
  await forgetRecords(open, tenant, { recordNos: [...loaded.keys()], keepsIds: false });
  await open.query(
    `update sync.instance_records set present = present - $4::int4multirange
      where tenant = $1 and instance_no = $2 and partition_no = $3`,
    [tenant, run.instanceNo, run.partitionNo, formatRanges(recordNos)],
  );
  await leaveDevices(open, tenant, { run, deviceNos: homes.map((row) => row.device_no) });
  return recordNos.map((recordNo) => {
    const record = loaded.get(recordNo);
    return record === undefined
      ? { recordNo, result: "kept", reason: GONE_ALREADY }
      : { recordNo, result: "reversed", reason: "removed", saved: savedOf(record) };
  });
}

/** Devices that lost a record are derived anew; one that lost its last is gone, and its id stays known until it is reaped. */
async function leaveDevices(
  open: Tx,
  tenant: number,
  { run, deviceNos }: { readonly run: UndoneRun; readonly deviceNos: readonly number[] },
): Promise<void> {
  await open.query(
    `insert into sync.dirty (tenant, records, run_no)
     select $1, range_agg(int4range(record_no, record_no + 1)), $3 from sync.members
      where tenant = $1 and device_no = any($2::int[]) having count(*) > 0`,
    [tenant, deviceNos, run.runNo],
  );
  await open.query(
    `update sync.devices d set deleted_at = now(), deleted_reason = 'run_undone', modified_at = now()
      where d.tenant = $1 and d.device_no = any($2::int[])
        and not exists (select from sync.members m where m.tenant = $1 and m.device_no = d.device_no)`,
    [tenant, deviceNos],
  );
}

async function restoreRecords(
  open: Tx,
  tenant: number,
  { run, recordNos }: Chosen,
): Promise<UndoneRecord[]> {
  const loaded = await loadRecords(open, tenant, recordNos);
  const journal = await readJournal(open, tenant, { runNo: run.runNo, recordNos });
  const redone = await readRedone(open, tenant, { runNo: run.runNo, recordNos });
  const seq = await takeNumbers(open, tenant, { what: "batch", count: 1 });
  const undone: UndoneRecord[] = [];
  const restored: { record: LoadedRecord; state: RecordState }[] = [];
  for (const recordNo of recordNos) {
    const record = loaded.get(recordNo);
    const before = journal.get(recordNo);
    const reason = whyNot(record, run, redone.get(recordNo));
    if (record === undefined || before === undefined || reason !== undefined) {
      undone.push({ recordNo, result: "kept", reason: reason ?? GONE_ALREADY });
      continue;
    }
    restored.push({ record, state: { ...record.state, content: before.content } });
    undone.push({ recordNo, result: "reversed", reason: "restored", saved: savedOf(record), seq });
  }
  const facts = restored.map(({ record, state }) => ({
    row: record.row,
    state: record.state,
    kept: state,
  }));
  await dropFacts(open, tenant, facts);
  await dropParts(open, tenant, { run, restored });
  await writeBack(open, tenant, {
    seq,
    records: restored.map(({ record, state }) => ({ row: record.row, state })),
  });
  return undone;
}

/** A record that followed another machine in the run was published in parts; the part that is no more leaves its device. */
async function dropParts(
  open: Tx,
  tenant: number,
  {
    run,
    restored,
  }: {
    readonly run: UndoneRun;
    readonly restored: readonly { readonly record: LoadedRecord; readonly state: RecordState }[];
  },
): Promise<void> {
  const states = new Map(restored.map(({ record, state }) => [record.row.recordNo, state]));
  const members = await readMembers(open, tenant, [...states.keys()]);
  const gone = members.filter(({ recordNo, fingerprint }) => {
    const state = states.get(recordNo);
    return fingerprint !== 0 && state !== undefined && !allVersions(state).has(fingerprint);
  });
  if (gone.length === 0) return;
  await writeMembers(open, tenant, { rows: [], gone });
  const deviceNos = gone.map(({ deviceNo }) => deviceNo);
  await leaveDevices(open, tenant, { run, deviceNos });
}

/** Another source instance never changes a record, so only a later batch of its own can stand in the way. */
function whyNot(
  record: LoadedRecord | undefined,
  { firstSeq, lastSeq }: UndoneRun,
  redoneSeq: number | undefined,
): string | undefined {
  if (record === undefined) return GONE_ALREADY;
  const { contentSeq } = record.row;
  const isOfRun = contentSeq >= firstSeq && contentSeq <= lastSeq;
  return isOfRun || contentSeq === redoneSeq ? undefined : "it was changed again since";
}

/** The key that a record is written under. */
type Key = Pick<LoadedRecord["row"], "recordNo" | "partitionNo" | "kind" | "native" | "instanceNo">;

/** Writes states under their keys and has their devices derived anew. */
export async function writeBack(
  open: Tx,
  tenant: number,
  {
    seq,
    records,
  }: {
    readonly seq: number;
    readonly records: readonly { readonly row: Key; readonly state: RecordState }[];
  },
): Promise<void> {
  if (records.length === 0) return;
  const { instances, partitions } = await readNames(open, tenant);
  const states = records.flatMap(({ row, state }): WrittenState[] => {
    const { recordNo, partitionNo, native, instanceNo } = row;
    const kind = kindOf(row.kind);
    if (kind === undefined) return [];
    const partition = partitions.get(partitionNo) ?? "";
    const instance = instances.get(instanceNo) ?? "";
    const name = { instance, partition, sourceType: "", kind, native };
    const ref = { partitionNo, kind: row.kind, native, instanceNo };
    return [{ ref, recordNo, state, delta: { name } }];
  });
  await writeStates(open, tenant, { states, seq });
  const recordNos = states.map(({ recordNo }) => recordNo);
  await clearSightings(open, tenant, recordNos);
  await open.query("insert into sync.dirty (tenant, records) values ($1, $2)", [
    tenant,
    formatRanges(recordNos),
  ]);
}

function savedOf({ row, state }: LoadedRecord): NonNullable<UndoneRecord["saved"]> {
  const { partitionNo, kind, native, instanceNo } = row;
  return { partitionNo, kind, native, instanceNo, state: saveState(state) };
}

/** Takes back that records are gone. */
export async function bringBack(
  open: Tx,
  tenant: number,
  {
    run,
    records,
    reasons,
  }: {
    readonly run: UndoneRun;
    readonly records: RecordSet;
    readonly reasons: readonly string[];
  },
): Promise<void> {
  if (records.length === 0) return;
  const ranges = formatRecords(records);
  await open.query(
    `delete from sync.record_deletions d
      using unnest($2::int4multirange) m cross join generate_series(lower(m), upper(m) - 1) no
       join sync.records r on r.tenant = $1 and r.record_no = no
      where d.tenant = $1 and d.reason = any($3::text[])
        and (d.partition_no, d.kind, d.native, d.instance_no) = (r.partition_no, r.kind, r.native, r.instance_no)`,
    [tenant, ranges, reasons],
  );
  await open.query(
    `update sync.instance_records set present = present + $4::int4multirange
      where tenant = $1 and instance_no = $2 and partition_no = $3`,
    [tenant, run.instanceNo, run.partitionNo, ranges],
  );
  await open.query("insert into sync.dirty (tenant, records, run_no) values ($1, $2, $3)", [
    tenant,
    ranges,
    run.runNo,
  ]);
}
