/** A record that its source no longer has. Pure. */

/** When a record was taken back, and why. */
export interface Deletion {
  readonly deletedMs: number;
  /** `source`: it said so; `absent`: it no longer lists it; `source_deleted`: the source itself went. */
  readonly reason: string;
}

/**
 * Since when a record is gone, given when it was last seen; undefined where it stands. What a source says itself counts by event
 * time, so that order cannot matter. The rest was decided here, of the record as a whole: a sighting that arrives later takes
 * the row itself away.
 */
export function goneSince(deletion: Deletion | undefined, lastMs: number): number | undefined {
  if (deletion === undefined) return undefined;
  const { reason, deletedMs } = deletion;
  return reason !== "source" || deletedMs >= lastMs ? deletedMs : undefined;
}
