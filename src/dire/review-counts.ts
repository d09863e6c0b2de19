import type { Queryable } from "../db/session.ts";

/** What waits for an operator's judgement. */
export interface ReviewCounts {
  /** Pairs of records that looked like one device and are not. */
  readonly quarantine: number;
  /** Values that several devices hold at once. */
  readonly contested: number;
  readonly heldRetractions: number;
  /** Publications that the storm brake holds. */
  readonly storms: number;
}

/** Counts it; each by an index of its own, in proportion to what there is. */
export async function reviewCounts(db: Queryable, tenant: number): Promise<ReviewCounts> {
  const { rows } = await db.query<{
    quarantine: number;
    contested: number;
    retractions: number;
    storms: number;
  }>(
    `select (select count(*) from sync.quarantine where tenant = $1) as quarantine,
            (select count(*) from sync.value_states where tenant = $1 and state = 1) as contested,
            (select count(*) from sync.retractions where tenant = $1 and state = 'held') as retractions,
            (select count(*) from sync.holds where tenant = $1 and ended_at is null) as storms`,
    [tenant],
  );
  const [row] = rows;
  return {
    quarantine: row?.quarantine ?? 0,
    contested: row?.contested ?? 0,
    heldRetractions: row?.retractions ?? 0,
    storms: row?.storms ?? 0,
  };
}
