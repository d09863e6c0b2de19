/** What became of a device's ids: those that lead to it, and the merges that it took part in. */
import type { Queryable } from "../db/session.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { idOfUuid, uuidOf } from "./device-store.ts";

/** A former id that leads to a device. */
export interface FormerId {
  readonly id: CanonicalId;
  readonly sinceMs: number;
  readonly reason: string;
}

/** Ids that lead to a device, latest first. */
export async function aliasesOf(
  db: Queryable,
  tenant: number,
  { deviceNo, limit }: { readonly deviceNo: number; readonly limit: number },
): Promise<readonly FormerId[]> {
  const { rows } = await db.query<{ device_id: string; since: number; reason: string }>(
    `select device_id, since, reason from sync.aliases
      where tenant = $1 and device_no = $2 order by since desc, device_id limit $3`,
    [tenant, deviceNo, limit],
  );
  return rows.map((row) => ({
    id: idOfUuid(row.device_id),
    sinceMs: row.since,
    reason: row.reason,
  }));
}

/** One merge, as the audit has it. */
export interface Merge {
  readonly eventId: string;
  readonly from: CanonicalId;
  readonly to: CanonicalId;
  readonly reason: string;
  readonly source: string;
  readonly confidence: number | undefined;
  readonly details: unknown;
  readonly atMs: number;
}

/** Merges from or into any of these ids, latest first. */
export async function mergesOf(
  db: Queryable,
  tenant: number,
  { ids, limit }: { readonly ids: readonly CanonicalId[]; readonly limit: number },
): Promise<readonly Merge[]> {
  const { rows } = await db.query<{
    event_id: string;
    from_device_id: string;
    to_device_id: string;
    reason: string;
    source: string;
    confidence_score: number | null;
    details: unknown;
    created_at: number;
  }>(
    `select event_id, from_device_id, to_device_id, reason, source, confidence_score, details, created_at
       from sync.merge_audit
      where tenant = $1 and (from_device_id = any($2::uuid[]) or to_device_id = any($2::uuid[]))
      order by merge_no desc limit $3`,
    [tenant, ids.map(uuidOf), limit],
  );
  return rows.map((row) => ({
    eventId: row.event_id,
    from: idOfUuid(row.from_device_id),
    to: idOfUuid(row.to_device_id),
    reason: row.reason,
    source: row.source,
    confidence: row.confidence_score ?? undefined,
    details: row.details,
    atMs: row.created_at,
  }));
}
