/** What undoing a run would do to each of its records. Pure. */
import { intersect, subtract, unite, type RecordSet } from "./record-set.ts";

/** What a run did, as sets of records. */
export interface RunDeeds {
  readonly created: RecordSet;
  /** Records that the journal has a note of. */
  readonly changed: RecordSet;
  /** Taken back by the source itself. */
  readonly deleted: RecordSet;
  /** Retired because the run missed them for long enough. */
  readonly retired: RecordSet;
  /** Seen by other runs of the source since the run began, runs that are undone left out. */
  readonly seenSince: RecordSet;
}

/** Records by what becomes of them. */
export interface UndoPlan {
  /** Only the run saw them: they go. */
  readonly remove: RecordSet;
  /** They say again what they said before. */
  readonly restore: RecordSet;
  /** A later run stands on them. */
  readonly seenSince: RecordSet;
  /** An operator's decision stands on them. */
  readonly decided: RecordSet;
  /** Their source had taken them back: they are there again. */
  readonly undelete: RecordSet;
  /** They had been retired because the run missed them: they are there again. */
  readonly unretire: RecordSet;
}

/** Sorts a run's deeds; `decided`: records that operators' decisions speak of. */
export function planUndo(deeds: RunDeeds, decided: RecordSet): UndoPlan {
  const { created, changed, deleted, retired, seenSince } = deeds;
  const touched = unite([created, changed]);
  const held = unite([seenSince, decided]);
  return {
    remove: subtract(created, held),
    restore: subtract(subtract(changed, created), held),
    seenSince: intersect(touched, seenSince),
    decided: subtract(intersect(touched, decided), seenSince),
    undelete: subtract(subtract(deleted, created), seenSince),
    unretire: subtract(retired, seenSince),
  };
}
