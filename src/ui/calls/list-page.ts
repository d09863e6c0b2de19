/** A page of a list, of which the page keeps no more than it shows. Pure. */
import { pathOf } from "./api-client.ts";

/** Rows of a page: what fits some screens, so few turn a page. */
export const LIST_ROWS = 50;

/** Which part of a list is wanted. */
export interface ListWanted {
  /** A text in names; "" finds all. */
  readonly q?: string | undefined;
  /** The page before ended here. */
  readonly after?: string | undefined;
}

/** A page of a list. */
export interface ListPage<Row> {
  readonly rows: readonly Row[];
  readonly next?: string | undefined;
}

/** The path of a page; further members of the query as given. */
export function listPath(
  segments: readonly string[],
  { q, after }: ListWanted,
  more: Readonly<Record<string, string | number | boolean | undefined>> = {},
): string {
  const text = q?.trim();
  return pathOf(segments, {
    limit: LIST_ROWS,
    ...more,
    ...(text === undefined || text === "" ? {} : { q: text }),
    after,
  });
}

/** Where each page that was looked at begins; the last is the one that is shown. The first one begins nowhere. */
export type Places = readonly (string | undefined)[];

/** The beginning of a list. */
export const FIRST_PLACE: Places = [undefined];
