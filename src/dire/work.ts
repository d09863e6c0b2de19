/**
 * One step of a tenant's work: takes waiting chunks into the state, in one transaction under the tenant's fence, and publishes meanwhile
 * what is dirty (publish-dirty.ts).
 */
import type { Db } from "../db/pool.ts";
import type { Tx } from "../db/tx.ts";
import {
  finishChunks,
  HELLO_RUN,
  MANIFEST_INDEX,
  waitingChunks,
  type WaitingChunk,
} from "../inbox/inbox.ts";
import { fence, type Lease } from "../inbox/lease.ts";
import type { Coalescing } from "../inbox/ready.ts";
import { addProgress, findRun, openRun, outcomesOf } from "../inbox/run-store.ts";
import { madeAhead } from "../lib/ahead.ts";
import { Gate } from "../lib/gate.ts";
import { nextTurn } from "../lib/turn.ts";
import type { SyncMeta } from "../model/device-update.ts";
import { attributeToSender, type Attribute } from "./attribution.ts";
import type { Batch } from "./batch.ts";
import { Publishing, type Beside, type Published } from "./beside.ts";
import { newSorted, readOutdated, sortInTurns, type Sorted } from "./chunk-batches.ts";
import { ingest, type IngestCounts, type Ingesting } from "./ingest.ts";
import { instanceNumbers, partitionNumber, takeNumbers } from "./numbers.ts";
import { publishDirty } from "./publish-dirty.ts";
import { nextSeqOf, type Recalls } from "./recall-store.ts";
import type { Recall, RecalledPlace } from "./recall.ts";
import { recogniser, type Recognise } from "./recognise.ts";
import { concludeRun, type HeldRetraction } from "./retraction.ts";
import { closeByFinal, closeRun, rejudge } from "./run-close.ts";
import { txInMind } from "./tx-in-mind.ts";

/** What one step of ingestion did. */
export interface WorkedChunks extends IngestCounts {
  readonly chunks: number;
  readonly bytes: number;
  /** Outcomes of runs that ended here. */
  readonly ended: readonly string[];
  /** Retractions that they wanted and the guard holds. */
  readonly held: readonly HeldRetraction[];
}

const NOTHING: WorkedChunks = {
  chunks: 0,
  bytes: 0,
  entries: 0,
  created: 0,
  changed: 0,
  unchanged: 0,
  retracted: 0,
  rejected: 0,
  ended: [],
  held: [],
};

/** Which chunks are worked, and how. */
export type WorkOptions = Coalescing & {
  readonly recalls?: Recalls | undefined;
  /** Chunks under way at a time: while one is written, those behind it are sorted. SYNC_INGESTOR_BATCH_CONCURRENCY; default 1. */
  readonly concurrency?: number | undefined;
  /** Entries that are read into memory at a time; default READ_MAX. */
  readonly readMax?: number | undefined;
  /** Publishes what is dirty while new records are written, in the same transaction. */
  readonly isPublishing?: boolean | undefined;
  /** Hears which chunks were taken, before anything is done with them. */
  readonly onTaken?: ((chunks: readonly WaitingChunk[]) => void) | undefined;
};

/** What taking chunks in did, and what was published beside it. */
export type WorkedBeside = WorkedChunks & { readonly published: readonly Published[] };

/** Works waiting chunks of a tenant, in order; a bare number is how many at most, of whatever waits. Undefined when none is to be worked. */
export async function workChunks(
  db: Db,
  lease: Lease,
  {
    recalls,
    concurrency = 1,
    readMax = READ_MAX,
    isPublishing,
    onTaken,
    ...coalescing
  }: WorkOptions,
): Promise<WorkedBeside | undefined> {
  const { tenant } = lease;
  return await txInMind(db, { tenant, recalls }, async (open) => {
    const fenced = await fence(open, lease);
    const chunks = await waitingChunks(open, tenant, coalescing);
    if (chunks.length === 0) return undefined;
    onTaken?.(chunks);
    const coming = entriesIn(chunks);
    const recall = await recalls?.open(open, tenant, { ...fenced, coming });
    const publishing =
      isPublishing === true
        ? new Publishing((onRead) => publishDirty(open, tenant, { recall, onRead }))
        : undefined;
    const how = { recall, concurrency, readMax, publishing };
    const worked = await workRuns(open, tenant, { chunks, ...how });
    if (recall?.isWhole !== true) recalls?.createdBlindly(tenant, worked.created);
    if (recall === undefined) recalls?.miss(tenant, worked.unchanged);
    else recalls?.keep(tenant, { nextSeq: await nextSeqOf(open, tenant) });
    return { ...worked, published: publishing?.done ?? [] };
  });
}

/** What an entry takes, about. */
const ENTRY_BYTES = 600;

/** About how many entries chunks have, before they are cut. */
export function entriesIn(chunks: readonly Pick<WaitingChunk, "message">[]): number {
  return Math.ceil(chunks.reduce((bytes, { message }) => bytes + message.length, 0) / ENTRY_BYTES);
}

type Sorting = {
  readonly recall: Recall | undefined;
  readonly readMax?: number;
  /** Resolves when it may go on, once others have had a turn. */
  readonly turn?: () => Promise<void>;
};
type How = Sorting & {
  readonly concurrency: number;
  readonly publishing: Publishing | undefined;
};

/** Neighbouring chunks of one run are one batch; a manifest is worked by itself, after the chunks before it. */
async function workRuns(
  open: Tx,
  tenant: number,
  { chunks, ...how }: How & { readonly chunks: readonly WaitingChunk[] },
): Promise<WorkedChunks> {
  let worked = NOTHING;
  for (const group of groupRuns(chunks)) {
    const [first] = group;
    const closed: number[] = [];
    if (first?.chunkIndex === MANIFEST_INDEX) closed.push(...(await closeRun(open, tenant, first)));
    else {
      worked = sum(worked, await workGroup(open, tenant, { group, ...how }));
      const last = group.find(({ endsRun }) => endsRun === true);
      if (last !== undefined) closed.push(...(await closeByFinal(open, tenant, last)));
      const retried = group.find(({ attempts }) => attempts > 0);
      if (retried !== undefined) closed.push(...(await rejudge(open, tenant, retried)));
    }
    worked = sum(worked, { ...NOTHING, ...(await conclude(open, tenant, closed)) });
  }
  return worked;
}

async function conclude(
  open: Tx,
  tenant: number,
  closed: readonly number[],
): Promise<Pick<WorkedChunks, "ended" | "held">> {
  const held: HeldRetraction[] = [];
  for (const runNo of closed) {
    const one = await concludeRun(open, tenant, runNo);
    if (one !== undefined) held.push(one);
  }
  return { ended: await outcomesOf(open, tenant, closed), held };
}

function groupRuns(chunks: readonly WaitingChunk[]): WaitingChunk[][] {
  const groups: WaitingChunk[][] = [];
  for (const chunk of chunks) {
    const last = groups.at(-1);
    const before = last?.[0];
    const joins =
      before !== undefined &&
      before.runId === chunk.runId &&
      before.agentId === chunk.agentId &&
      before.chunkIndex !== MANIFEST_INDEX &&
      chunk.chunkIndex !== MANIFEST_INDEX;
    if (joins) last?.push(chunk);
    else groups.push([chunk]);
  }
  return groups;
}

/** Chunks that are taken in together, sorted. */
export interface SortedChunks {
  readonly chunks: (WaitingChunk & { readonly entries: number })[];
  readonly sorted: Sorted;
}

/** Entries that are read into memory at a time: a chunk of the usual size. More of them outlive the young objects of V8. */
const READ_MAX = 4_000;

/**
 * Sorts a group's chunks as they are asked for: what is recognised depends on what has been taken in before. Several together where
 * hardly anything has to be read.
 */
export async function* sortedOf(
  group: readonly WaitingChunk[],
  { recall, readMax = READ_MAX, turn }: Sorting,
): AsyncGenerator<SortedChunks, void> {
  let together: SortedChunks = { chunks: [], sorted: newSorted() };
  for (const chunk of group) {
    const { message, receivedMs, sender } = chunk;
    const attribution = (meta: SyncMeta | undefined): Attribute => attributeToSender(sender, meta);
    const recognition = recall && recognitionOf(chunk, recall);
    const sortable = { message, receivedMs, attribution, recognition };
    together.chunks.push({ ...chunk, entries: await sortInTurns(together.sorted, sortable, turn) });
    if (readIn(together.sorted) < readMax) continue;
    yield together;
    together = { chunks: [], sorted: newSorted() };
  }
  if (together.chunks.length > 0) yield together;
}

/** Entries that had to be read. */
export function readIn({ byInstance, strays }: Sorted): number {
  let read = strays.entries;
  for (const { entries, recognised } of byInstance.values()) read += entries - recognised.length;
  return read;
}

/** The same, with the chunks behind one under way while it is worked: `concurrency` of them with it. */
export function sortedAhead(
  group: readonly WaitingChunk[],
  { concurrency, ...sorting }: Sorting & { readonly concurrency: number },
): AsyncGenerator<SortedChunks, void> {
  return madeAhead(sortedOf(group, sorting), concurrency - 1);
}

async function workGroup(
  open: Tx,
  tenant: number,
  { group, ...how }: How & { readonly group: readonly WaitingChunk[] },
): Promise<WorkedChunks> {
  const { recall, publishing } = how;
  // What is sorted ahead is sorted while the database has many rows to do, so that it never waits for that (decision 19 has the figures).
  const gate = new Gate();
  let isWorking = false;
  open.hearMany((isUnderWay) => gate.set(isUnderWay || !isWorking));
  const turn = async (): Promise<void> => {
    await nextTurn();
    await gate.passed();
  };
  let worked = NOTHING;
  for await (const sorted of sortedAhead(group, { ...how, turn })) {
    readOutdated(sorted.sorted);
    isWorking = true;
    gate.set(false);
    const work = (beside?: Beside): Promise<WorkedChunks> =>
      workSorted(open, tenant, { ...sorted, recall, beside });
    try {
      worked = sum(worked, await (publishing === undefined ? work() : publishing.beside(work)));
      await finishChunks(open, tenant, sorted.chunks);
    } finally {
      // Also where nothing came to be written: who sorts ahead must come to an end before this can.
      isWorking = false;
      gate.set(true);
    }
  }
  open.hearMany(undefined);
  return worked;
}

type HowIngested = Pick<Ingesting, "recall" | "beside">;

/** Takes sorted chunks in, each instance's entries into its run. */
export async function workSorted(
  open: Tx,
  tenant: number,
  { chunks, sorted, ...how }: SortedChunks & HowIngested,
): Promise<WorkedChunks> {
  const bytes = chunks.reduce((total, { message }) => total + message.length, 0);
  let worked: WorkedChunks = { ...NOTHING, chunks: chunks.length, bytes };
  for (const [instance, batch] of batchesOf(sorted)) {
    const work = { group: chunks, instance, batch, bytes, ...how };
    worked = sum(worked, await workInstance(open, tenant, work));
  }
  return worked;
}

function recognitionOf(
  { sender, receivedMs }: WaitingChunk,
  recall: Recall,
): (chunkMeta: SyncMeta | undefined) => Recognise {
  const { partition } = sender;
  const placeOf = (instance: string): RecalledPlace | undefined =>
    recall.place({ instance, partition });
  return (chunkMeta) => recogniser({ sender, chunkMeta, receivedMs, placeOf });
}

/** Strays are counted with the group's first instance: a run's row is where an operator looks for them. */
function batchesOf({ byInstance, strays, claimed = "" }: Sorted): (readonly [string, Batch])[] {
  const [first] = byInstance.keys();
  if (strays.entries === 0) return [...byInstance];
  if (first === undefined) return [[claimed, strays]];
  const batch = byInstance.get(first);
  if (batch === undefined) return [...byInstance];
  batch.entries += strays.entries;
  batch.rejected += strays.rejected;
  for (const [reason, count] of strays.rejectedBy) {
    batch.rejectedBy.set(reason, (batch.rejectedBy.get(reason) ?? 0) + count);
  }
  batch.rejectedSample.push(...strays.rejectedSample);
  return [...byInstance];
}

type InstanceWork = {
  readonly group: readonly WaitingChunk[];
  readonly instance: string;
  readonly batch: Batch;
  readonly bytes: number;
} & HowIngested;

async function workInstance(
  open: Tx,
  tenant: number,
  { group, instance, batch, bytes, ...how }: InstanceWork,
): Promise<WorkedChunks> {
  const [first] = group;
  if (first === undefined) {
    return NOTHING;
  }
  // An agent's hello is no run of a source: it has no manifest, and there may be thousands a day.
  if (first.runId.startsWith(HELLO_RUN)) {
    const counts = await ingest(open, tenant, { batch, runNo: 0, ...how });
    return { ...counts, chunks: 0, bytes: 0, ended: [], held: [] };
  }
  const runNo = await runOf(open, tenant, { first, instance });
  const counts = await ingest(open, tenant, { batch, runNo, ...how });
  const { rejectedBy, rejectedSample } = batch;
  await addProgress(open, tenant, {
    runNo,
    ...counts,
    eventMs: latestEvent(batch),
    chunks: group.length,
    bytes,
    rejectedBy,
    rejectedSample,
  });
  return { ...counts, chunks: 0, bytes: 0, ended: [], held: [] };
}

function latestEvent({ records, recognised }: Batch): number | undefined {
  let latest: number | undefined;
  for (const { timeMs } of recognised) {
    if (!(latest !== undefined && latest >= timeMs)) latest = timeMs;
  }
  for (const { state, deletedMs } of records.values()) {
    for (const ms of [state?.content.lastMs, deletedMs]) {
      if (ms !== undefined && !(latest !== undefined && latest >= ms)) latest = ms;
    }
  }
  return latest;
}

/** Instance 0 has the runs that speak of no source of their agent. */
async function runOf(
  open: Tx,
  tenant: number,
  { first, instance }: { readonly first: WaitingChunk; readonly instance: string },
): Promise<number> {
  const source = first.sender.sources.find(({ serviceId }) => serviceId === instance);
  const named = source && [{ name: instance, sourceType: source.type }];
  const instanceNo =
    named === undefined ? 0 : ((await instanceNumbers(open, tenant, named)).get(instance) ?? 0);
  const key = { agentId: first.agentId, runId: first.runId, instanceNo };
  const known = await findRun(open, tenant, key);
  if (known !== undefined) return known;
  const runNo = await takeNumbers(open, tenant, { what: "run", count: 1 });
  const partitionNo = await partitionNumber(open, tenant, first.sender.partition);
  const startedMs = first.receivedMs;
  await openRun(open, tenant, { ...key, runNo, partitionNo, kind: "unknown", startedMs });
  return runNo;
}

function sum(a: WorkedChunks, b: WorkedChunks): WorkedChunks {
  return {
    chunks: a.chunks + b.chunks,
    bytes: a.bytes + b.bytes,
    entries: a.entries + b.entries,
    created: a.created + b.created,
    changed: a.changed + b.changed,
    unchanged: a.unchanged + b.unchanged,
    retracted: a.retracted + b.retracted,
    rejected: a.rejected + b.rejected,
    ended: [...a.ended, ...b.ended],
    held: [...a.held, ...b.held],
  };
}
