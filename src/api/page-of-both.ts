/** Pages of a list that is read both ways. Pure. */
import type { Direction } from "../inventory/query-sql.ts";

/** A page, and whether there is more on either side. */
export interface PageOfBoth<Row> {
  readonly rows: readonly Row[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

/** The page of `limit + 1` rows that were read in the list's order; the row too many stands on the far side. */
export function pageOfBoth<Row>(
  found: readonly Row[],
  {
    limit,
    direction,
    isFirst,
  }: {
    readonly limit: number;
    readonly direction: Direction;
    /** Whether it was read from where the list begins, or backwards from where it ends. */
    readonly isFirst: boolean;
  },
): PageOfBoth<Row> {
  const isLonger = found.length > limit;
  // Who comes from a page knows that it is there: from a later one going backwards, from an earlier one going forwards.
  if (direction === "forwards") {
    return { rows: found.slice(0, limit), hasNext: isLonger, hasPrevious: !isFirst };
  }
  return { rows: found.slice(isLonger ? 1 : 0), hasNext: !isFirst, hasPrevious: isLonger };
}

/** Where the page ends and begins, as texts for `after` and `before`. */
export function cursorsOf<Row>(
  { rows, hasNext, hasPrevious }: PageOfBoth<Row>,
  cursor: (row: Row) => string,
): { readonly next?: string; readonly previous?: string } {
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    ...(hasNext && last !== undefined && { next: cursor(last) }),
    ...(hasPrevious && first !== undefined && { previous: cursor(first) }),
  };
}
