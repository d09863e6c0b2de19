import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

import { afterMs, pageNowMs } from "../../lib/page-clock.ts";
import { isSameWindow, windowOf, type View } from "./page-window.ts";
import { isEntered, type PagesKnown } from "./pages-known.ts";
import { aheadOf, entered, STILL_MS, travelled } from "./read-ahead.ts";

/** A list as it is drawn. */
interface Drawn {
  readonly known: PagesKnown;
  readonly starts: readonly number[];
}

/** What somebody looks at, and how that is told. */
interface Viewing {
  readonly view: View;
  readonly onSeen: (first: number, last: number) => void;
  /** Rows of a page that is found now. */
  readonly limitNow: () => number;
}

const AT_FIRST: View = { first: 0, last: 0, travel: entered(0) };

/**
 * Follows who scrolls through a list. The view that it gives changes only where other pages are wanted: rows come and go at each frame,
 * and the table draws those by itself.
 */
export function useView({ known, starts }: Drawn): Viewing {
  const [view, setView] = useState(AT_FIRST);
  const latest = useRef(AT_FIRST);
  const drawn = useRef({ known, starts, view });
  const look = useCallback((next: View): void => {
    latest.current = next;
    const { view: shown, ...list } = drawn.current;
    if (!isSameWindow(windowOf(next, list), windowOf(shown, list))) setView(next);
  }, []);
  useLayoutEffect(() => {
    drawn.current = { known, starts, view };
    look(latest.current);
  }, [known, starts, view, look]);
  const forget = useRef<() => void>(undefined);
  const onSeen = useCallback(
    (topmost: number, lowest: number): void => {
      const list = drawn.current.known;
      const [first, last] = [topmost - list.rowsAbove, lowest - list.rowsAbove];
      const at = { row: first, atMs: pageNowMs() };
      // Until there is something to scroll through it is the table that moves, to where the list is entered.
      const travel = isEntered(list) ? travelled(latest.current.travel, at) : entered(first);
      look({ first, last, travel });
      forget.current?.();
      forget.current = afterMs(STILL_MS, () => {
        const { travel: was, ...seen } = latest.current;
        look({ ...seen, travel: travelled(was, { row: was.row, atMs: pageNowMs() }) });
      });
    },
    [look],
  );
  useEffect(() => () => forget.current?.(), []);
  const limitNow = useCallback((): number => aheadOf(latest.current.travel).pageRows, []);
  return { view, onSeen, limitNow };
}
