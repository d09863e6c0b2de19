/**
 * Takes one batch of entries into the state, inside the caller's transaction: records, older fingerprints, address days,
 * the value index, unchanged sightings, dirty marks. Publishes nothing; what is published meanwhile it lets finish (beside.ts).
 *
 * Cost: one look-up by key for each record of the batch whose name may be known; an unchanged one costs nothing more, a new one one row and
 * one index row a value, a changed one a read of its whole history.
 */
import type { Tx } from "../db/tx.ts";
import type { Batch, Recognised, RecordDelta } from "./batch.ts";
import type { Beside } from "./beside.ts";
import { dayOf, oneDay } from "./day-set.ts";
import { writeDeletions } from "./history-store.ts";
import { KINDS } from "./kind.ts";
import { loadRecords } from "./load-state.ts";
import { instanceNumbers, partitionNumbers, takeBatch, type BatchNumbers } from "./numbers.ts";
import { readOrigins, type Origin } from "./origin-store.ts";
import { notePresence, type Spoken } from "./presence-store.ts";
import type { Recall, WrittenContent } from "./recall.ts";
import { formatRanges } from "./record-ranges.ts";
import { bornAgain, joinStates, type RecordState } from "./record-state.ts";
import { findHeads, type RecordHead, type RecordRef } from "./record-store.ts";
import { journalChanges } from "./run-journal.ts";
import { clearSightings, writeUnchanged, type Unchanged } from "./seen-store.ts";
import { fireWatches, type SeenOn } from "./watch-store.ts";
import {
  factsOf,
  insertStates,
  writeStates,
  type Fact,
  type WrittenState,
} from "./write-states.ts";

/** What a batch did to the state. */
export interface IngestCounts {
  readonly entries: number;
  readonly created: number;
  readonly changed: number;
  /** Entries that said nothing new. */
  readonly unchanged: number;
  /** Records that were there until the batch deleted them. */
  readonly retracted: number;
  readonly rejected: number;
}

/** What a batch did, and the number of each of its records. */
export interface Ingested extends IngestCounts {
  /** Number of the batch. */
  readonly seq: number;
  readonly recordNos: ReadonlyMap<RecordDelta, number>;
}

type Place = Pick<RecordRef, "instanceNo" | "partitionNo">;
type Row = {
  readonly ref: RecordRef;
  readonly delta: RecordDelta;
  readonly head: RecordHead | undefined;
};
type StateRow = Row & WrittenState;
const NO_ORIGINS: ReadonlyMap<number, Origin> = new Map();

/** What is taken in, and what goes with it. */
export interface Ingesting {
  readonly batch: Batch;
  /** The run that the entries belong to. */
  readonly runNo: number;
  /** What is in mind of the tenant's records; kept up with what is written. */
  readonly recall?: Recall | undefined;
  /** A publication that goes on in the same transaction. */
  readonly beside?: Beside | undefined;
}

/** Writes a batch. The caller holds the tenant's fence. */
export async function ingest(
  tx: Tx,
  tenant: number,
  { batch, runNo, recall, beside }: Ingesting,
): Promise<Ingested> {
  const rows = await locate(tx, tenant, { deltas: [...batch.records.values()], recall });
  const recognised = withoutRead(batch.recognised, rows);
  const isStranger = (row: Row): boolean => isNew(row) && recall?.mayKnow(row.ref) === false;
  if (recognised.length > 0 || !rows.every(isStranger)) await beside?.isOver;
  const fresh = rows.filter(isNew);
  const taken = await takeBatch(tx, tenant, { records: fresh.length });
  const { seq } = taken;
  const created = await createRecords(tx, tenant, { fresh, ...taken, recall, beside });
  await beside?.isOver;
  const changed = await changeRecords(tx, tenant, { rows, seq, runNo, recall });
  recall?.dropFresh(spokenOfAgain(rows, recognised));
  const unchanged = [...rows.filter(isUnchanged).flatMap(unchangedOf), ...sightingsOf(recognised)];
  const late = await writeUnchanged(tx, tenant, { unchanged, seq, runNo });
  const deleted = await deleteRecords(tx, tenant, rows);
  const fired = await fireWatches(tx, tenant, unchanged.map(seenOn));
  const woken = [...late, ...fired];
  await markDirty(tx, tenant, { recordNos: [...created, ...changed, ...deleted, ...woken], runNo });
  const { entries, rejected } = batch;
  const recordNos = numbersOf(rows, created);
  let retracted = 0;
  for (const spoken of spokenOf(rows, recordNos, recognised).values()) {
    retracted += await notePresence(tx, tenant, { spoken, seq, runNo });
  }
  const handled = created.length + changed.length + rows.filter(isDeletion).length;
  return {
    seq,
    recordNos,
    retracted,
    entries,
    created: created.length,
    changed: changed.length,
    unchanged: Math.max(0, entries - rejected - handled),
    rejected,
  };
}

/**
 * The entries that repeat what a record shows, but for those of records of which the batch says something else too: they are read
 * into it, because what a record shows is decided by all of them.
 */
function withoutRead(
  recognised: readonly Recognised[],
  rows: readonly Row[],
): readonly Recognised[] {
  if (recognised.length === 0) return recognised;
  const told = new Set(rows.map(({ head }) => head?.recordNo));
  const repeated = recognised.filter(({ recordNo }) => !told.has(recordNo));
  if (repeated.length === recognised.length) return recognised;
  for (const { recordNo, read } of recognised) if (told.has(recordNo)) read();
  return repeated;
}

/** In the order of their times: of several of one record none is late. That none is older than its record was seen to when it was recognised. */
function sightingsOf(recognised: readonly Recognised[]): Unchanged[] {
  const days = new Map<number, Unchanged["days"]>();
  const inTime = recognised.toSorted((a, b) => a.timeMs - b.timeMs);
  return inTime.map(({ recordNo, instanceNo, timeMs }) => {
    const day = days.get(timeMs) ?? oneDay(dayOf(timeMs));
    days.set(timeMs, day);
    return { recordNo, instanceNo, sinceMs: -Infinity, firstMs: timeMs, lastMs: timeMs, days: day };
  });
}

function spokenOf(
  rows: readonly Row[],
  recordNos: ReadonlyMap<RecordDelta, number>,
  recognised: readonly Recognised[],
): ReadonlyMap<string, Spoken> {
  const byPlace = new Map<string, Spoken>();
  const spokenIn = ({ instanceNo, partitionNo }: Place): Spoken => {
    const place = `${instanceNo} ${partitionNo}`;
    const spoken = byPlace.get(place) ?? nothingSpoken(instanceNo, partitionNo);
    byPlace.set(place, spoken);
    return spoken;
  };
  for (const one of recognised) spokenIn(one).unchanged.push(one.recordNo);
  for (const row of rows) {
    const recordNo = recordNos.get(row.delta);
    if (recordNo === undefined) continue;
    const spoken = spokenIn(row.ref);
    if (isGone(row)) spoken.deleted.push(recordNo);
    if (isNew(row)) spoken.created.push(recordNo);
    else if (isUnchanged(row)) spoken.unchanged.push(recordNo);
    else if (row.delta.state !== undefined) spoken.changed.push(recordNo);
  }
  return byPlace;
}

function nothingSpoken(instanceNo: number, partitionNo: number): Spoken {
  const none = { created: [], changed: [], unchanged: [], deleted: [] };
  return { instanceNo, partitionNo, ...none };
}

function isDeletion({ delta }: Row): boolean {
  return delta.deletedMs !== undefined;
}

/** Whether the source took the record back after all that is known of it at hand. */
function isGone({ delta, head }: Row): boolean {
  const { deletedMs, state } = delta;
  const lastMs = Math.max(head?.currentMs ?? -Infinity, state?.content.lastMs ?? -Infinity);
  return deletedMs !== undefined && deletedMs >= lastMs;
}

function numbersOf(
  rows: readonly Row[],
  created: readonly number[],
): ReadonlyMap<RecordDelta, number> {
  const fresh = rows.filter(isNew).map(({ delta }, i) => [delta, created[i] ?? 0] as const);
  const known = rows.flatMap(({ delta, head }) =>
    head === undefined ? [] : [[delta, head.recordNo] as const],
  );
  return new Map([...fresh, ...known]);
}

/** Where a record may be known it is looked for: those that this process has in mind are all that there are, or it says so of any. */
async function locate(
  tx: Tx,
  tenant: number,
  {
    deltas,
    recall,
  }: { readonly deltas: readonly RecordDelta[]; readonly recall: Recall | undefined },
): Promise<Row[]> {
  if (deltas.length === 0) return [];
  const instances = new Map(
    deltas.map(({ name }) => [name.instance, { name: name.instance, sourceType: name.sourceType }]),
  );
  const instanceNos = await instanceNumbers(tx, tenant, [...instances.values()]);
  const partitionNos = await partitionNumbers(tx, tenant, [
    ...new Set(deltas.map(({ name }) => name.partition)),
  ]);
  const refs = deltas.map(({ name }): RecordRef => ({
    partitionNo: partitionNos.get(name.partition) ?? 0,
    kind: KINDS[name.kind],
    native: name.native,
    instanceNo: instanceNos.get(name.instance) ?? 0,
  }));
  const asked = refs.filter((ref) => recall?.mayKnow(ref) ?? true);
  const found = await findHeads(tx, tenant, asked);
  const heads = new Map(asked.map((ref, i) => [ref, found.get(i)]));
  return deltas.flatMap((delta, i) => {
    const ref = refs[i];
    return ref === undefined ? [] : [{ ref, delta, head: heads.get(ref) }];
  });
}

type Creating = BatchNumbers & {
  readonly fresh: readonly Row[];
  readonly recall: Recall | undefined;
  readonly beside: Beside | undefined;
};

async function createRecords(
  tx: Tx,
  tenant: number,
  { fresh, seq, firstRecord, hasOrigins, recall, beside }: Creating,
): Promise<number[]> {
  if (fresh.length === 0) return [];
  const refs = fresh.map(({ ref }) => ref);
  const origins = hasOrigins ? await readOrigins(tx, tenant, refs) : NO_ORIGINS;
  const states = fresh.flatMap((row, i): StateRow[] => {
    const { state } = row.delta;
    if (state === undefined) return [];
    return [{ ...row, state: bornAgain(state, origins.get(i)), recordNo: firstRecord + i }];
  });
  const facts = states.flatMap(factsOf);
  noteCreated(recall, { states, facts, seq });
  const mayTell = beside?.hasRead;
  await insertStates(tx, tenant, { states, facts, seq, mayTell });
  return states.map(({ recordNo }) => recordNo);
}

/** What of it must be known is known from now on; should the transaction fail, all is forgotten. */
function noteCreated(
  recall: Recall | undefined,
  {
    states,
    facts,
    seq,
  }: {
    readonly states: readonly StateRow[];
    readonly facts: readonly Fact[];
    readonly seq: number;
  },
): void {
  if (recall === undefined) return;
  for (const { partitionNo, value } of facts) recall.noteValue(partitionNo, value);
  for (const row of states) {
    recall.note(contentOf(row));
    const { ref, recordNo, state, delta } = row;
    recall.noteNew({ ...ref, recordNo, contentSeq: seq, state, update: delta.update });
    noteIds(recall, state);
  }
}

/** Two names may give one id: the rule writes what it is given one after the other. */
function noteIds(recall: Recall, { content, versions }: RecordState): void {
  recall.noteId(content.idInput);
  for (const { idInput } of versions.values()) recall.noteId(idInput);
}

/** Records that were there before, and of which the batch says anything. */
function* spokenOfAgain(
  rows: readonly Row[],
  recognised: readonly Recognised[],
): Generator<number> {
  for (const { recordNo } of recognised) yield recordNo;
  for (const { head } of rows) if (head !== undefined) yield head.recordNo;
}

function contentOf({ ref, delta, head, recordNo, state }: StateRow): WrittenContent {
  const { instanceNo, partitionNo } = ref;
  const before = head && { hash: head.contentHash, check: head.contentCheck };
  return { name: delta.name, instanceNo, partitionNo, recordNo, content: state.content, before };
}

type Changing = {
  readonly rows: readonly Row[];
  readonly seq: number;
  readonly runNo: number;
  readonly recall: Recall | undefined;
};

async function changeRecords(
  tx: Tx,
  tenant: number,
  { rows, seq, runNo, recall }: Changing,
): Promise<number[]> {
  const changed = rows.filter(
    (row) => row.head !== undefined && row.delta.state !== undefined && !isUnchanged(row),
  );
  const known = await loadRecords(
    tx,
    tenant,
    changed.flatMap(({ head }) => head?.recordNo ?? []),
  );
  const states = changed.flatMap((row): StateRow[] => {
    const before = row.head === undefined ? undefined : known.get(row.head.recordNo);
    if (before === undefined || row.delta.state === undefined) return [];
    return [
      { ...row, state: joinStates(before.state, row.delta.state), recordNo: before.row.recordNo },
    ];
  });
  if (runNo > 0) await journalChanges(tx, tenant, { runNo, before: [...known.values()] });
  for (const state of states) {
    recall?.note(contentOf(state));
    for (const { partitionNo, value } of factsOf(state)) recall?.noteValue(partitionNo, value);
    if (recall !== undefined) noteIds(recall, state.state);
  }
  await writeStates(tx, tenant, { states, seq });
  await clearSightings(
    tx,
    tenant,
    states.map(({ recordNo }) => recordNo),
  );
  return states.map(({ recordNo }) => recordNo);
}

/** A deletion alone makes no record. */
function isNew({ head, delta }: Row): boolean {
  return head === undefined && delta.state !== undefined;
}

/** The batch saw nothing but the content that the record already shows. */
function isUnchanged({ head, delta }: Row): boolean {
  const { state } = delta;
  if (head === undefined || state === undefined) return false;
  return (
    state.content.hash === head.contentHash &&
    state.versions.size === 0 &&
    state.addresses.size === 0
  );
}

function unchangedOf({ head, ref, delta }: Row): Unchanged[] {
  if (head === undefined || delta.state === undefined) return [];
  const { firstMs, lastMs, days } = delta.state.content;
  return [
    {
      recordNo: head.recordNo,
      instanceNo: ref.instanceNo,
      sinceMs: head.currentMs,
      firstMs,
      lastMs,
      days,
    },
  ];
}

function seenOn({ recordNo, lastMs }: Unchanged): SeenOn {
  return { recordNo, day: dayOf(lastMs) };
}

async function deleteRecords(tx: Tx, tenant: number, rows: readonly Row[]): Promise<number[]> {
  const deleted = rows.filter(isDeletion);
  await writeDeletions(
    tx,
    tenant,
    deleted.map(({ ref, delta }) => ({ ...ref, deletedMs: delta.deletedMs ?? 0 })),
  );
  return deleted.flatMap(({ head }) => head?.recordNo ?? []);
}

async function markDirty(
  tx: Tx,
  tenant: number,
  { recordNos, runNo }: { readonly recordNos: readonly number[]; readonly runNo: number },
): Promise<void> {
  if (recordNos.length === 0) return;
  await tx.query("insert into sync.dirty (tenant, records, run_no) values ($1, $2, $3)", [
    tenant,
    formatRanges(recordNos),
    runNo,
  ]);
}
