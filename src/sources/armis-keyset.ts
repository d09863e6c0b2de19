import type { ArmisPage, ArmisRow } from "./armis-page.ts";
import type { SourceErrorCode } from "./source.ts";

/**
 * Armis pages by offset, and rows move under an offset: a device that ages out of the time frame before our place
 * shifts all later rows one up, and the next page would skip one. So rows are asked for in the order of their ids and
 * every page begins with the last row of the page before. As long as that row, or an older one, comes first, nothing in
 * between was skipped, whatever else moved; rows already read are dropped by their id. If a younger one comes first, we
 * step back until an older one does.
 *
 *   ask(from) ─── first id <= lastId, new rows ──► take them, from := offset of the last one
 *             ├── first id <= lastId, none new ──► from := offset of the last row (rows came before our place)
 *             └── first id  > lastId ────────────► from := from - back, back doubles; at 0 all is taken
 *
 * One extra row a page, against skipped devices that the inventory would take for gone. A keyset filter would be better,
 * but no public source shows that AQL can compare ids.
 */
export interface KeysetPlace {
  /** Offset to ask for. */
  readonly from: number;
  /** Rows up to this id were read; undefined before the first. */
  readonly lastId: number | undefined;
  /** How far the next step back goes. */
  readonly back: number;
  /** First id of the last page, if that page had nothing new: the next one must begin with another. */
  readonly stale?: number | undefined;
}

/** What a page means for the place it was asked from; `seek` is to ask again elsewhere. */
export type KeysetStep =
  | {
      readonly kind: "rows";
      readonly rows: readonly ArmisRow[];
      readonly place: KeysetPlace;
      readonly isEnd: boolean;
    }
  | { readonly kind: "seek"; readonly place: KeysetPlace }
  | { readonly kind: "failed"; readonly code: SourceErrorCode; readonly why: string };

/** First step back: more than age out between two pages of a large tenant, less than a page. */
const BACK_ROWS = 50;

/** The place before the first page, or after row `lastId` at offset `from`. */
export function keysetPlace(from = 0, lastId?: number): KeysetPlace {
  return { from, lastId, back: BACK_ROWS };
}

/** Takes from a page what is new, and says where to go on. */
export function keysetStep(place: KeysetPlace, page: ArmisPage): KeysetStep {
  const ids = page.rows.flatMap((row) => row.id ?? []);
  if (ids.some((id, nth) => id < (ids[nth - 1] ?? 0))) {
    return failed("filter_ignored", "Armis ignored orderBy=id, so that pages would skip devices");
  }
  if (hasGap(place, ids[0])) return { kind: "seek", place: stepBack(place) };
  const rows = newRows(page.rows, place.lastId);
  const last = rows.findLast((row) => row.id !== undefined);
  const end = place.from + page.rows.length;
  const isComplete = page.total === undefined || page.total <= end;
  if (!page.hasNext && (isComplete || last === undefined)) {
    return isComplete
      ? { kind: "rows", rows, place: placeAfter(place, last), isEnd: true }
      : failed("truncated", `Armis ended after ${end} of ${page.total} devices`);
  }
  if (last === undefined) return seekOn(place, page);
  return {
    kind: "rows",
    // What follows the last id comes again on the next page, which is asked for from that row on.
    rows: rows.filter((row) => row.offset <= last.offset),
    place: placeAfter(place, last),
    isEnd: false,
  };
}

function failed(code: SourceErrorCode, why: string): KeysetStep {
  return { kind: "failed", code, why };
}

function hasGap({ from, lastId }: KeysetPlace, first: number | undefined): boolean {
  return lastId !== undefined && from > 0 && (first === undefined || first > lastId);
}

function stepBack({ from, lastId, back }: KeysetPlace): KeysetPlace {
  return { from: Math.max(0, from - back), lastId, back: back * 2 };
}

/** Rows behind the last one that was read; without a place, all. An id that comes twice is taken once. */
function newRows(rows: readonly ArmisRow[], lastId: number | undefined): readonly ArmisRow[] {
  const known = rows.findLastIndex((row) => row.id !== undefined && row.id <= (lastId ?? 0));
  let previous = lastId;
  return rows.slice(known + 1).filter((row) => {
    if (row.id === undefined) return true;
    const isNew = row.id !== previous;
    previous = row.id;
    return isNew;
  });
}

function placeAfter(place: KeysetPlace, last: ArmisRow | undefined): KeysetPlace {
  return last === undefined ? place : keysetPlace(last.offset, last.id);
}

/** A page without anything new is passed over, unless the server sends it for every offset. */
function seekOn(place: KeysetPlace, page: ArmisPage): KeysetStep {
  const first = page.rows.find((row) => row.id !== undefined)?.id;
  const from = page.rows.at(-1)?.offset ?? place.from;
  if (first !== undefined && first > (place.stale ?? 0) && from > place.from) {
    return { kind: "seek", place: { ...place, from, stale: first } };
  }
  const where = `at offset ${place.from}, and said that more follows`;
  return failed(
    "bad_data",
    `Armis sent ${uselessPage(page)} ${where}: its cursor does not advance`,
  );
}

function uselessPage({ rows }: ArmisPage): string {
  if (rows.length === 0) return "an empty page";
  if (rows.every((row) => row.id === undefined)) return `${rows.length} records without an id`;
  return "nothing new";
}
