/**
 * A long list read page by page in both directions, from its beginning or from somewhere within. Of each page that was reached its
 * place is known, so it can be read again after it was forgotten: the list keeps its height, and a bounded number of rows. Pure.
 */

/** How a page is asked for: behind a place, before one, where the order reaches a value; the first one by nothing. */
export type Place = Readonly<Partial<Record<"after" | "before" | "from", string>>>;

/** A page that was reached. */
interface KnownPage {
  readonly place: Place;
  /** Absent until it was read. */
  readonly rows: number | undefined;
}

/** What is known of a list. */
export interface PagesKnown {
  /** From the topmost that was read to the last that may be. */
  readonly pages: readonly KnownPage[];
  /** Where the page above the first one ends; absent where there is none, or nothing was read. */
  readonly above: string | undefined;
  /** Rows that came to stand above those that were there at first. */
  readonly rowsAbove: number;
}

/** A list of which nothing was read, to be entered at a place. */
export function nothingKnown(place: Place = {}): PagesKnown {
  return { pages: [{ place, rows: undefined }], above: undefined, rowsAbove: 0 };
}

/** Where each page's rows begin, and after the last where all end: a page that was not read is taken to be full. */
export function startsOf({ pages }: PagesKnown, pageRows: number): readonly number[] {
  const starts = [0];
  for (const { rows } of pages) starts.push((starts.at(-1) ?? 0) + (rows ?? pageRows));
  return starts;
}

/** A page as it was answered. */
export interface PageRead {
  /** How it was asked for. */
  readonly place: Place;
  readonly rows: number;
  readonly next: string | undefined;
  readonly previous: string | undefined;
}

/**
 * What is known after a page was read, for the first time or again. Where it ends elsewhere than before, the page below it is moved
 * there: rows between them would else be shown twice, or by neither.
 */
export function afterPage(
  known: PagesKnown,
  { page, place, rows, next, previous }: PageRead & { readonly page: number },
): PagesKnown {
  const { pages, above } = known;
  // An answer of a place that was moved since says nothing of what stands there now.
  if (pages[page] === undefined || !isSame(pages[page].place, place)) return known;
  // What stands above is told by the page that is entered; later answers of it must not move what was put there.
  const isEntry = pages.length === 1 && pages[0]?.rows === undefined;
  const below = belowOf(pages.slice(page + 1), next);
  if (pages[page].rows === rows && below === undefined) return known;
  const upTo = [...pages.slice(0, page), { place, rows }];
  return {
    ...known,
    pages: [...upTo, ...(below ?? pages.slice(page + 1))],
    above: isEntry ? previous : above,
  };
}

/** The pages below one that ends at `next`; undefined where they are as they were. */
function belowOf(
  pages: readonly KnownPage[],
  next: string | undefined,
): readonly KnownPage[] | undefined {
  const [first, ...rest] = pages;
  if (first === undefined) {
    return next === undefined ? undefined : [{ place: { after: next }, rows: undefined }];
  }
  // Below what was read upwards stands what was there before it: its place is not told by this page.
  if (first.place.after === undefined || first.place.after === next) return undefined;
  if (next === undefined) return [];
  // As many rows as before, until it is read: what is seen should not move for a moment.
  return [{ ...first, place: { after: next } }, ...rest];
}

function isSame(one: Place, other: Place): boolean {
  return one.after === other.after && one.before === other.before && one.from === other.from;
}

/** What is known after the page above the first one was read, which had `above` as its place. */
export function abovePage(
  known: PagesKnown,
  { above, rows, previous }: Omit<PageRead, "next" | "place"> & { readonly above: string },
): PagesKnown {
  if (known.above !== above) return known;
  const page = { place: { before: above }, rows };
  const pages = rows === 0 ? known.pages : [page, ...known.pages];
  return { pages, above: previous, rowsAbove: known.rowsAbove + rows };
}

/** The pages that rows from `first` to `last` stand on, of those that are known. */
export function pagesAt(
  { first, last }: { readonly first: number; readonly last: number },
  starts: readonly number[],
): readonly number[] {
  const from = pageOf(first, starts);
  const to = Math.max(from, pageOf(last, starts));
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** The page that a row stands on; the last one for rows beyond. By halves: a list of a million rows has ten thousand pages. */
export function pageOf(row: number, starts: readonly number[]): number {
  let [low, high] = [0, starts.length - 2];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}
