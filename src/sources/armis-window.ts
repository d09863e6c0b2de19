/** The window of time that an Armis query looks at. Pure. */
import type { SourceQuery } from "../model/sync-payload.ts";
import { changesUnknown } from "./change-mark.ts";

/** One hour, ms. */
export const HOUR_MS = 3_600_000;

const UNITS_MS: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
  month: 30 * 24 * HOUR_MS,
};
const TIME_FRAME = /\btimeFrame:"?(\d+) (\w+?)s?"?(?=\s|$)/gi;
const OTHER_WINDOW = /\b(after|before):/i;

/**
 * The query for what was seen in the last `ms`, in whole hours: the one unit of a relative window that public clients are known to
 * use. A relative window depends on no time zone, which `after:` does not name. Throws SyncError `changes_unknown` where the query
 * has a window of another form, or one that is no longer.
 */
export function narrowed({ label, query }: SourceQuery, ms: number): SourceQuery {
  const frames = [...query.matchAll(TIME_FRAME)];
  const [, count, unit = ""] = frames[0] ?? [];
  const ownMs = Number(count) * (UNITS_MS[unit.toLowerCase()] ?? Number.NaN);
  const hours = Math.max(1, Math.ceil(ms / HOUR_MS));
  const why = `query "${label}"`;
  if (frames.length !== 1 || Number.isNaN(ownMs) || OTHER_WINDOW.test(query)) {
    throw changesUnknown(`${why} has not one timeFrame that can be made shorter`);
  }
  if (hours * HOUR_MS >= ownMs) throw changesUnknown(`${why} looks back no further than a change`);
  return { label, query: query.replace(TIME_FRAME, `timeFrame:"${hours} Hours"`) };
}
