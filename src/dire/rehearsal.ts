/**
 * Plays recorded updates of a source through ingest and resolver against the real inventory, notes what that does, and takes it
 * all back: one transaction under the tenant's lease. The promise is exact, since nothing in it is a copy.
 */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { fence, releaseTenant, seizeTenant, type Lease } from "../inbox/lease.ts";
import { newUuid, type Clock } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { ok } from "../lib/result.ts";
import type { Attribution } from "./attribution.ts";
import { newSorted, sortChunk, type Sorted } from "./chunk-batches.ts";
import { ingest } from "./ingest.ts";
import { NumberSet } from "./number-set.ts";
import { publishDirty, workDirty } from "./publish-dirty.ts";
import type { ChangeDetail, ChangeKind, Changes } from "./rehearsal-change.ts";
import { conflicts, created, merged, readMarks, retracted, updated } from "./rehearsal-effects.ts";
import { endRehearsal, readChunk, type Promised } from "./rehearsal-store.ts";

/** What is rehearsed: an open rehearsal, and whom its updates are taken to come from. */
export interface Rehearsing {
  readonly rehearsalNo: number;
  readonly chunks: number;
  /** Number of the taking by which it is ended. */
  readonly plays: number;
  readonly source: Attribution;
}

/** How long a rehearsal may hold its tenant's work up, ms: about two million updates. */
const REHEARSAL_MS_MAX = 600_000;

/**
 * Rehearses, keeps the promise, and gives it. A failure is kept too, and thrown. Throws `rehearsal_taken` where another core has taken the
 * rehearsal meanwhile, because this one was frozen: it is that one's then, and what this one found counts for nothing.
 */
export async function rehearse(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  tenant: number,
  rehearsing: Rehearsing,
): Promise<Promised> {
  const { rehearsalNo, plays } = rehearsing;
  const startedMs = clock.now();
  let seized: Lease | undefined;
  try {
    const lease = await seizeTenant(db, { tenant, owner: `rehearsal:${newUuid()}` });
    seized = lease;
    // What waited before is no part of the promise: it is published as the worker would.
    while ((await workDirty(db, lease)) !== undefined);
    const played = await tx(db, (open) => play(open, { db, lease, rehearsing, startedMs }), {
      isRehearsal: true,
      signal: AbortSignal.timeout(REHEARSAL_MS_MAX),
    });
    const promised = { ...played.promised, tookMs: clock.now() - startedMs };
    const end = { rehearsalNo, plays, promised, changes: played.changes };
    if (!(await endRehearsal(db, tenant, end))) throw takenSince(rehearsalNo);
    return promised;
  } catch (thrown) {
    const failure = tooLong(thrown) ?? thrown;
    await endRehearsal(db, tenant, { rehearsalNo, plays, error: messageOf(failure) });
    throw failure;
  } finally {
    if (seized !== undefined) await releaseTenant(db, seized);
  }
}

function takenSince(rehearsalNo: number): SyncError {
  const message = `rehearsal ${rehearsalNo} was taken by another core meanwhile`;
  return new SyncError("rehearsal_taken", message, { retry: "permanent" });
}

function tooLong(thrown: unknown): SyncError | undefined {
  if (!(thrown instanceof DOMException) || thrown.name !== "TimeoutError") return undefined;
  const minutes = REHEARSAL_MS_MAX / 60_000;
  const message = `the rehearsal took longer than ${minutes} minutes; rehearse fewer updates at a time`;
  return new SyncError("rehearsal_too_long", message, { retry: "permanent" });
}

type Playing = {
  readonly db: Db;
  readonly lease: Lease;
  readonly rehearsing: Rehearsing;
  readonly startedMs: number;
};
type Played = { readonly promised: Omit<Promised, "tookMs">; readonly changes: Changes };

async function play(open: Tx, { db, lease, rehearsing, startedMs }: Playing): Promise<Played> {
  const { tenant } = lease;
  await fence(open, lease);
  const marks = await readMarks(open, tenant, rehearsing.source.instance);
  const taken = await takeChunks(open, tenant, { rehearsing, receivedMs: startedMs });
  let mergedIds = 0;
  for (let done = await publishDirty(open, tenant); done !== undefined;) {
    mergedIds += done.merged;
    done = await publishDirty(open, tenant);
  }
  const at = { open, tenant, marks };
  const creates = await created(at);
  const updates = await updated(at, db);
  const merges = await merged(at);
  const barred = await conflicts(at);
  const gone = await retracted(at, taken.seen);
  const changes = new Map<ChangeKind, readonly ChangeDetail[]>([
    ["create", creates.rows],
    ["update", updates.rows],
    ["merge", merges.rows],
    ["conflict", barred.rows],
    ["retraction", gone.rows],
  ]);
  const { seen: _, ...counts } = taken;
  const promised = {
    ...counts,
    merged: mergedIds,
    devicesCreated: creates.count,
    devicesUpdated: updates.count,
    devicesMerged: merges.count,
    addressesClaimed: merges.addresses,
    conflicts: barred.count,
    retractions: gone.count,
    devicesRetracted: gone.devices,
    recordsBefore: marks.records,
  };
  return { promised, changes };
}

type Taken = {
  entries: number;
  rejected: number;
  rejectedBy: Record<string, number>;
  created: number;
  changed: number;
  unchanged: number;
  readonly seen: NumberSet;
};

/** Chunk by chunk, as the worker takes them in. */
async function takeChunks(
  open: Tx,
  tenant: number,
  { rehearsing, receivedMs }: { readonly rehearsing: Rehearsing; readonly receivedMs: number },
): Promise<Taken> {
  const taken: Taken = {
    entries: 0,
    rejected: 0,
    rejectedBy: {},
    created: 0,
    changed: 0,
    unchanged: 0,
    seen: new NumberSet(),
  };
  const { rehearsalNo, chunks, source } = rehearsing;
  for (let chunkNo = 1; chunkNo <= chunks; chunkNo += 1) {
    const message = await readChunk(open, tenant, { rehearsalNo, chunkNo });
    const sorted = newSorted();
    sortChunk(sorted, { message, receivedMs, attribution: () => () => ok(source) });
    await takeSorted(open, tenant, { sorted, taken });
  }
  return taken;
}

async function takeSorted(
  open: Tx,
  tenant: number,
  { sorted, taken }: { readonly sorted: Sorted; readonly taken: Taken },
): Promise<void> {
  for (const batch of [...sorted.byInstance.values(), sorted.strays]) {
    taken.entries += batch.entries;
    taken.rejected += batch.rejected;
    for (const [reason, count] of batch.rejectedBy) {
      taken.rejectedBy[reason] = (taken.rejectedBy[reason] ?? 0) + count;
    }
  }
  for (const batch of sorted.byInstance.values()) {
    const { recordNos, ...counts } = await ingest(open, tenant, { batch, runNo: 0 });
    taken.created += counts.created;
    taken.changed += counts.changed;
    taken.unchanged += counts.unchanged;
    for (const no of recordNos.values()) taken.seen.add(no);
  }
}
