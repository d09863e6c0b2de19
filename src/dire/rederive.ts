/**
 * Derives everything anew from stored records and puts right what differs: facts, devices, membership, aliases and states of
 * values. It changes nothing where derived rows are what they should be, which is what it is for: whatever the history of
 * publications was, the answer must be that of all records at once.
 *
 * A slice takes the tenant's lease, works some blocks in a transaction each, and says where to go on, so that neither memory nor
 * transactions nor requests grow with the inventory.
 */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { fence, releaseTenant, seizeTenant, type Lease } from "../inbox/lease.ts";
import { newUuid } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Difference } from "./difference.ts";
import { workDirty } from "./publish-dirty.ts";
import type { Block, BlockOutcome } from "./rederive-block.ts";
import { rederiveRecords } from "./rederive-records.ts";
import { sweepAliases, sweepDevices, sweepMerges, sweepValues } from "./rederive-sweeps.ts";

const SWEEPS: readonly (readonly [string, (block: Block) => Promise<BlockOutcome>])[] = [
  ["records", rederiveRecords],
  ["devices", sweepDevices],
  ["merges", sweepMerges],
  ["aliases", sweepAliases],
  ["values", sweepValues],
];

/** What came of a slice. */
export interface Slice {
  readonly records: number;
  readonly refreshed: number;
  readonly watched: number;
  readonly held: number;
  readonly differences: readonly Difference[];
  /** Where to go on; undefined at the end. */
  readonly next: string | undefined;
}

/** Blocks worked under one lease: some ten seconds. */
const BLOCKS_PER_SLICE = 10;

/** What is noted in the transaction of a block that puts something right, and of the first one from the beginning. */
export type NoteBlock = (open: Tx, differences: readonly Difference[]) => Promise<void>;

/** Works one slice. A dry run takes back what it puts right. The error says that `after` is no end of a slice. */
export async function rederive(
  db: Db,
  tenant: number,
  {
    isDryRun,
    after,
    note,
  }: {
    readonly isDryRun: boolean;
    readonly after: string | undefined;
    /** Absent: nothing is noted; never called in a dry run. */
    readonly note?: NoteBlock | undefined;
  },
): Promise<Result<Slice>> {
  const start = placeOf(after);
  if (!start.ok) return start;
  const lease = await seizeTenant(db, { tenant, owner: `rederive:${newUuid()}` });
  try {
    // What is dirty is not published yet, and so is no difference.
    while ((await workDirty(db, lease)) !== undefined);
    return ok(
      await slice({ db, lease, isDryRun, note, isFirst: after === undefined }, start.value),
    );
  } finally {
    await releaseTenant(db, lease);
  }
}

type Place = { readonly sweep: number; readonly after: string };

function placeOf(cursor: string | undefined): Result<Place> {
  if (cursor === undefined) return ok({ sweep: 0, after: "" });
  const [name = "", ...rest] = cursor.split(":");
  const sweep = SWEEPS.findIndex(([known]) => known === name);
  return sweep < 0
    ? err(`"${cursor}" is not where a slice ended`)
    : ok({ sweep, after: rest.join(":") });
}

type Slicing = {
  readonly db: Db;
  readonly lease: Lease;
  readonly isDryRun: boolean;
  readonly note: NoteBlock | undefined;
  /** Whether it begins the whole. */
  readonly isFirst: boolean;
};

async function slice(
  { db, lease, isDryRun, note, isFirst }: Slicing,
  start: Place,
): Promise<Slice> {
  const { tenant } = lease;
  const differences: Difference[] = [];
  let [records, refreshed, watched, held] = [0, 0, 0, 0];
  let place: Place | undefined = start;
  for (let block = 0; place !== undefined && block < BLOCKS_PER_SLICE; block += 1) {
    const { sweep, after }: Place = place;
    const work = SWEEPS[sweep]?.[1] ?? sweepValues;
    const done: BlockOutcome = await tx(
      db,
      async (open) => {
        await fence(open, lease);
        const worked = await work({ open, before: db, tenant, after });
        const isNoted = worked.differences.length > 0 || (isFirst && block === 0);
        if (!isDryRun && isNoted) await note?.(open, worked.differences);
        return worked;
      },
      { isRehearsal: isDryRun },
    );
    differences.push(...done.differences);
    if (work === rederiveRecords) records += done.looked;
    refreshed += done.refreshed ?? 0;
    watched += done.watched ?? 0;
    held += done.held ?? 0;
    place = nextPlace(sweep, done.next);
  }
  const next = place && `${SWEEPS[place.sweep]?.[0] ?? ""}:${place.after}`;
  return { records, refreshed, watched, held, differences, next };
}

function nextPlace(sweep: number, after: string | undefined): Place | undefined {
  if (after !== undefined) return { sweep, after };
  return sweep + 1 < SWEEPS.length ? { sweep: sweep + 1, after: "" } : undefined;
}
