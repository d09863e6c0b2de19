/**
 * A long list read page by page in both directions, from its beginning or from somewhere within. Of each page that was reached its
 * place is known, so it can be read again after it was forgotten: the list keeps its height, and a bounded number of rows. Pure.
 */

/** Where a page stands: behind a place, before one, where the order reaches a value, at the list's end; the first one by nothing. */
export type Place = Readonly<Partial<Record<"after" | "before" | "from", string>>> & {
  readonly end?: true;
};

/** How a page is asked for. */
export interface PageAsked {
  readonly place: Place;
  /** Rows that it has at most. */
  readonly limit: number;
}

/** A page that was reached. It is read again as it was asked for, so that its rows are the same. */
interface KnownPage extends PageAsked {
  /** Absent until it was read. */
  readonly rows: number | undefined;
}

/** What is known of a list. */
export interface PagesKnown {
  /** From the topmost that was read to the last that may be. */
  readonly pages: readonly KnownPage[];
  /** The page above the first one; absent where there is none, or nothing was read. */
  readonly above: PageAsked | undefined;
  /** Rows that came to stand above those that were there at first. */
  readonly rowsAbove: number;
}

/** A list of which nothing was read, to be entered at a place. */
export function nothingKnown(entry: PageAsked): PagesKnown {
  return { pages: [{ ...entry, rows: undefined }], above: undefined, rowsAbove: 0 };
}

/** Where each page's rows begin, and after the last where all end: a page that was not read is taken to be full. */
export function startsOf({ pages }: PagesKnown): readonly number[] {
  const starts = [0];
  for (const { rows, limit } of pages) starts.push((starts.at(-1) ?? 0) + (rows ?? limit));
  return starts;
}

/** Whether anything of it was read. */
export function isEntered({ pages }: PagesKnown): boolean {
  return pages.some(({ rows }) => rows !== undefined);
}

/** Whether all that stands below what was entered was reached: a list that goes on has a page more. */
export function isEndReached({ pages }: PagesKnown): boolean {
  return pages.at(-1)?.rows !== undefined;
}

/** Whether the list's first row was reached. */
export function isBeginReached({ pages, above }: PagesKnown): boolean {
  return pages[0]?.rows !== undefined && above === undefined;
}

/** A page as it was answered. */
export interface PageRead {
  /** How it was asked for. */
  readonly place: Place;
  readonly rows: number;
  readonly next: string | undefined;
  readonly previous: string | undefined;
  /** Rows of a page that is found beside it. */
  readonly limit: number;
}

/**
 * What is known after a page was read, for the first time or again. Where it begins or ends elsewhere than before, the page beside it is
 * moved there: rows between them would else be shown twice, or by neither.
 */
export function afterPage(
  known: PagesKnown,
  { page, place, rows, next, previous, limit }: PageRead & { readonly page: number },
): PagesKnown {
  const { pages } = known;
  // An answer of a place that was moved since says nothing of what stands there now.
  if (pages[page] === undefined || !isSame(pages[page].place, place)) return known;
  const upper = upperOf(pages.slice(0, page), { place, previous });
  const below = belowOf(pages.slice(page + 1), { next, limit });
  const isTop = page === 0 || upper?.length === 0;
  // The topmost page says each time what stands above it: rows may come there long after it was entered.
  const above = isTop ? higherOf(known.above, { previous, limit }) : known.above;
  const isKnown = pages[page].rows === rows && above === known.above;
  if (isKnown && upper === undefined && below === undefined) return known;
  const gone = upper?.length === 0 ? rowsOf(pages.slice(0, page)) : 0;
  return {
    pages: [
      ...(upper ?? pages.slice(0, page)),
      { ...pages[page], rows },
      ...(below ?? pages.slice(page + 1)),
    ],
    above,
    rowsAbove: known.rowsAbove - gone,
  };
}

/** The page above one that begins behind `previous`. */
function higherOf(
  before: PageAsked | undefined,
  { previous, limit }: Pick<PageRead, "previous" | "limit">,
): PageAsked | undefined {
  if (previous === before?.place.before) return before;
  return previous === undefined ? undefined : { place: { before: previous }, limit };
}

/** The pages above one that begins behind `previous`; undefined where they are as they were. */
function upperOf(
  pages: readonly KnownPage[],
  { place, previous }: Pick<PageRead, "place" | "previous">,
): readonly KnownPage[] | undefined {
  const last = pages.at(-1);
  // A page that was read downwards begins where the one above it says.
  if (last === undefined || place.after !== undefined) return undefined;
  if (last.place.before === previous) return undefined;
  if (previous === undefined) return [];
  return [...pages.slice(0, -1), { ...last, place: { before: previous } }];
}

/** The pages below one that ends at `next`; undefined where they are as they were. */
function belowOf(
  pages: readonly KnownPage[],
  { next, limit }: Pick<PageRead, "next" | "limit">,
): readonly KnownPage[] | undefined {
  const [first, ...rest] = pages;
  if (first === undefined) {
    return next === undefined ? undefined : [{ place: { after: next }, limit, rows: undefined }];
  }
  // Below what was read upwards stands what was there before it: its place is not told by this page.
  if (first.place.after === undefined || first.place.after === next) return undefined;
  if (next === undefined) return [];
  // As many rows as before, until it is read: what is seen should not move for a moment.
  return [{ ...first, place: { after: next } }, ...rest];
}

function rowsOf(pages: readonly KnownPage[]): number {
  return pages.reduce((sum, { rows = 0 }) => sum + rows, 0);
}

function isSame(one: Place, other: Place): boolean {
  return (["after", "before", "from", "end"] as const).every((key) => one[key] === other[key]);
}

/**
 * What is known after the page above the first one was read, which had `above` as its place. Where nothing stands there, its place
 * remains: who asks again sees what comes there later.
 */
export function abovePage(
  known: PagesKnown,
  {
    above,
    rows,
    previous,
    limit,
  }: Omit<PageRead, "next" | "place"> & { readonly above: PageAsked },
): PagesKnown {
  if (known.above?.place.before !== above.place.before || rows === 0) return known;
  const pages = [{ ...above, rows }, ...known.pages];
  const higher = higherOf(undefined, { previous, limit });
  return { pages, above: higher, rowsAbove: known.rowsAbove + rows };
}

/** An answer as far as it may have failed. */
type MayFail = { readonly error: unknown; readonly data: unknown };

/** Whether there is nothing to show for a place: what was read before stays where asking again fails. */
export function hasFailed({ error, data }: MayFail): boolean {
  return error !== null && data === undefined;
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
