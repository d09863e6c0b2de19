/** SQL of the merge audit: which id went into which, why and by whom. */
import type { Tx } from "../db/tx.ts";
import { newUuid } from "../lib/clock.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { columns, uuidOf } from "./device-store.ts";

/** One row of the merge audit. */
interface MergeRow {
  readonly from: CanonicalId;
  readonly to: CanonicalId;
  readonly reason: string;
  /** Who decided it; absent: the resolver. */
  readonly source?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Appends to the merge audit. */
export async function writeMerges(
  tx: Tx,
  tenant: number,
  merges: readonly MergeRow[],
): Promise<void> {
  if (merges.length === 0) return;
  await tx.query(
    `insert into sync.merge_audit (tenant, event_id, from_device_id, to_device_id, reason, source, details)
     select $1, u.event, u.f, u.t, u.reason, u.source, u.details
       from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::json[])
            u(event, f, t, reason, source, details)`,
    [
      tenant,
      ...columns(
        merges,
        () => newUuid(),
        (m) => uuidOf(m.from),
        (m) => uuidOf(m.to),
        (m) => m.reason,
        (m) => m.source ?? "dire",
        (m) => JSON.stringify(m.details),
      ),
    ],
  );
}
