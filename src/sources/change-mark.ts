/** Marks: until when a source is known, on its own clock, so that ours may be wrong. Pure. */
import { isoTime } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";

/**
 * Read again with every delta, ms: what a transaction wrote before the mark and committed after it, and what clocks of a source's
 * several servers differ by.
 */
const OVERLAP_MS = 300_000;

/** The mark of a pull whose first answer came at this time of the source's clock; none where it tells no time. */
export function markOf(serverMs: number | undefined): { readonly mark?: string } {
  return serverMs === undefined ? {} : { mark: isoTime(serverMs) };
}

/** From when on changes are to be read, ms since 1970. Throws SyncError `changes_unknown` for what is no mark. */
export function sinceOf(mark: string): number {
  const ms = Date.parse(mark);
  if (Number.isNaN(ms)) throw changesUnknown(`"${mark}" is not a mark`);
  return ms - OVERLAP_MS;
}

/** Why a source cannot say what changed, so that all of it has to be read. */
export function changesUnknown(why: string): SyncError {
  return new SyncError("changes_unknown", why, { retry: "permanent" });
}
