import type { Tx } from "../db/tx.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import type { Closure } from "./closure.ts";
import type { Published } from "./publication.ts";
import { addMoves, writeCrowds } from "./quality-store.ts";
import { crowdOf, recordMoves, type Crowd } from "./quality.ts";
import type { Cluster } from "./resolve.ts";
import type { TenantRows } from "./tenant-rows.ts";

/** A publication as it is watched. */
export interface Watched {
  readonly clusters: readonly Cluster[];
  /** Number of each cluster's device. */
  readonly numbers: ReadonlyMap<CanonicalId, number>;
  /** What was published before. */
  readonly published: Published;
  readonly isMoving: boolean;
  readonly closure: Closure;
  readonly has: Pick<TenantRows, "hasCrowds">;
}

/** Notes what of a publication tells that identity may go wrong, in its transaction. */
export async function watchQuality(
  tx: Tx,
  tenant: number,
  { clusters, numbers, published, isMoving, closure, has }: Watched,
): Promise<void> {
  const moves = isMoving ? recordMoves(clusters, published) : [];
  const placed = moves.map((move) => ({
    ...move,
    partitionNo: closure.seen(move.recordNo)?.loaded.row.partitionNo ?? 0,
  }));
  await addMoves(tx, tenant, placed);
  const crowds = new Map<number, Crowd>();
  for (const cluster of clusters) {
    const [crowd, no] = [crowdOf(cluster), numbers.get(cluster.id)];
    if (crowd !== undefined && no !== undefined) crowds.set(no, crowd);
  }
  if (crowds.size === 0 && !has.hasCrowds) return;
  const calm = [...numbers.values()].filter((no) => !crowds.has(no));
  await writeCrowds(tx, tenant, { crowds, calm });
}
