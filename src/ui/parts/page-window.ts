/** Which pages of a long list are wanted: those that are seen, and those that somebody is about to come to. Pure. */
import { pageOf, type PagesKnown } from "./pages-known.ts";
import { aheadOf, type Travel } from "./read-ahead.ts";

/** What is seen of a list, by rows as they are counted from where it was entered: rows that come above change none of them. */
export interface View {
  readonly first: number;
  readonly last: number;
  readonly travel: Travel;
}

/** Pages by their numbers, from one to another. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is wanted of a list. */
export interface PageWindow {
  readonly seen: Span;
  /** What is seen and what is near it. */
  readonly near: Span;
  /** Whether what stands above the first page is near too, and whether somebody stands there. */
  readonly isAboveNear: boolean;
  readonly isTopSeen: boolean;
}

/** The pages that a view needs, of those that are known. */
export function windowOf(
  { first, last, travel }: View,
  { known, starts }: { readonly known: PagesKnown; readonly starts: readonly number[] },
): PageWindow {
  const ahead = aheadOf(travel);
  const at = (row: number): number => pageOf(row, starts);
  const [top, bottom] = [first + known.rowsAbove, last + known.rowsAbove];
  return {
    seen: { from: at(top), to: at(bottom) },
    near: { from: at(top - ahead.above), to: at(bottom + ahead.below) },
    isAboveNear: top <= ahead.above,
    isTopSeen: top <= 0,
  };
}

/** Whether the same is wanted. */
export function isSameWindow(one: PageWindow, other: PageWindow): boolean {
  return (
    isSameSpan(one.seen, other.seen) &&
    isSameSpan(one.near, other.near) &&
    one.isAboveNear === other.isAboveNear &&
    one.isTopSeen === other.isTopSeen
  );
}

function isSameSpan(one: Span, other: Span): boolean {
  return one.from === other.from && one.to === other.to;
}

/** The numbers of a span. */
export function pagesIn({ from, to }: Span): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) + 1 }, (_, at) => from + at);
}

/** Whether a page is in a span. */
export function isIn(page: number, { from, to }: Span): boolean {
  return from <= page && page <= to;
}
