/** The other step of a tenant's work: publishing dirty components, in a transaction under the tenant's fence. */
import type { Db } from "../db/pool.ts";
import type { Tx } from "../db/tx.ts";
import { fence, type Lease } from "../inbox/lease.ts";
import { addMerged } from "../inbox/run-store.ts";
import { openDirtyQueue } from "./dirty-queue.ts";
import type { Recalls } from "./recall-store.ts";
import type { Recall } from "./recall.ts";
import { publishComponents, type ResolveCounts } from "./resolver.ts";
import type { BrakeLimits } from "./storm-brake.ts";
import { txInMind } from "./tx-in-mind.ts";

/** How dirty records are published, where it is not as by default. */
export interface PublishOptions {
  readonly recalls?: Recalls | undefined;
  readonly limits?: BrakeLimits | undefined;
  /** Dirty records of one publication. */
  readonly recordsMax?: number | undefined;
}

type PublishDirty = Omit<PublishOptions, "recalls"> & {
  readonly recall?: Recall | undefined;
  /** Called when all that it decides by was read. */
  readonly onRead?: (() => void) | undefined;
};

/** Publishes the components of dirty records, a bounded number of them. Undefined when nothing is dirty. */
export async function workDirty(
  db: Db,
  lease: Lease,
  options: PublishOptions = {},
): Promise<ResolveCounts | undefined> {
  const { tenant } = lease;
  // Whatever fails, what is tried again is tried on what the database says.
  return await txInMind(db, { tenant, recalls: options.recalls }, async (open) => {
    const fenced = await fence(open, lease);
    const recall = options.recalls?.held(tenant, fenced);
    return await publishDirty(open, tenant, { ...options, recall });
  });
}

/** The same inside a transaction that holds the tenant's fence. */
export async function publishDirty(
  open: Tx,
  tenant: number,
  { limits, recordsMax, recall, onRead }: PublishDirty = {},
): Promise<ResolveCounts | undefined> {
  const queue = await openDirtyQueue(open, tenant);
  const taken = queue.take(recordsMax);
  if (taken === undefined) return undefined;
  const { recordNos, runNo } = taken;
  const { counts, recordNos: decided } = await publishComponents(open, tenant, {
    recordNos,
    isDirty: (no) => queue.has(no),
    braking: { runNo, limits },
    recall,
    onRead,
  });
  await queue.drop([...recordNos, ...decided]);
  // Should this be rolled back, they are read when it is tried again.
  recall?.dropFresh(decided);
  if (runNo !== undefined && counts.merged > 0) {
    await addMerged(open, tenant, { runNo, merged: counts.merged });
  }
  return counts;
}
