/**
 * A long list read page by page in both directions. Of each page that was reached its cursor is known, so it can be read again
 * after it was forgotten: the list keeps its height, and a bounded number of rows. Pure.
 */

/** What is known of a list. */
export interface PagesKnown {
  /** Where each page begins; the first begins at the beginning. */
  readonly cursors: readonly (string | undefined)[];
  /** Rows of the last page, once it was reached. */
  readonly lastRows: number | undefined;
}

/** A list of which nothing was read. */
export const NOTHING_KNOWN: PagesKnown = { cursors: [undefined], lastRows: undefined };

/** Rows to draw: those of pages that are known, the last of them full until it was read. */
export function rowsKnown({ cursors, lastRows }: PagesKnown, pageRows: number): number {
  return (cursors.length - 1) * pageRows + (lastRows ?? pageRows);
}

/** What is known after a page was read. */
export function afterPage(
  known: PagesKnown,
  {
    page,
    rows,
    next,
  }: { readonly page: number; readonly rows: number; readonly next: string | undefined },
): PagesKnown {
  const isNewest = page === known.cursors.length - 1;
  if (!isNewest) return known;
  if (next !== undefined) return { cursors: [...known.cursors, next], lastRows: undefined };
  return known.lastRows === rows ? known : { ...known, lastRows: rows };
}

/** The pages that rows from `first` to `last` stand on, of those that are known. */
export function pagesAt(
  {
    first,
    last,
    pageRows,
  }: { readonly first: number; readonly last: number; readonly pageRows: number },
  known: PagesKnown,
): readonly number[] {
  const to = Math.min(Math.floor(last / pageRows), known.cursors.length - 1);
  const from = Math.min(Math.max(0, Math.floor(first / pageRows)), to);
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
