import { useQueries, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import {
  devicesQuery,
  type Device,
  type DevicesPage,
  type DevicesWanted,
} from "../../calls/devices.ts";
import { isIn, pagesIn, windowOf } from "../../parts/page-window.ts";
import {
  abovePage,
  afterPage,
  hasFailed,
  isBeginReached,
  isEndReached,
  nothingKnown,
  pageOf,
  startsOf,
  type PageAsked,
  type PagesKnown,
  type Place,
} from "../../parts/pages-known.ts";
import { PAGE_ROWS } from "../../parts/read-ahead.ts";
import { useView } from "../../parts/use-view.ts";

/** How long a page that is not seen is kept, ms: who goes back a little finds it there. */
const KEPT_MS = 20_000;
/** Rows that are kept beside those that are near, however fast somebody scrolls. */
const KEPT_ROWS = 2_000;

/** Devices for a table of any length. */
export interface DevicePages {
  readonly count: number;
  /** Rows that came to stand above the first ones. */
  readonly rowsAbove: number;
  readonly rowAt: (index: number) => Device | undefined;
  readonly onSeen: (first: number, last: number) => void;
  /** Whether the list's first and last row were reached: what else there is has to be read from the other end. */
  readonly isBeginReached: boolean;
  readonly isEndReached: boolean;
  readonly error: unknown;
  readonly isEmpty: boolean;
  readonly retry: () => void;
}

/** Reads the pages that are seen, from where the list is entered; its component is made anew for each new query (`key`). */
export function useDevicePages(tenant: string, wanted: DevicesWanted, entry: Place): DevicePages {
  const [known, setKnown] = useState(() => nothingKnown({ place: entry, limit: PAGE_ROWS }));
  const starts = useMemo(() => startsOf(known), [known]);
  const { view, onSeen, limitNow } = useView({ known, starts });
  const { seen, near, isAboveNear, isTopSeen } = windowOf(view, { known, starts });
  const pages = pagesIn(near);
  const queryOf = (page: PageAsked): ReturnType<typeof devicesQuery> =>
    devicesQuery(tenant, wanted, page);
  const answers = useQueries({
    queries: pages.map((page) => ({ ...queryOf(askedAt(known, page)), gcTime: KEPT_MS })),
  });
  useEffect(() => {
    pages.forEach((page, at) => {
      const data = answers[at]?.data;
      if (data === undefined) return;
      const { place } = askedAt(known, page);
      setKnown((before) => afterPage(before, { page, place, ...readOf(data, limitNow()) }));
    });
  }, [known, pages, answers, limitNow]);
  useKeptPages(
    pages.map((page) => askedAt(known, page)),
    queryOf,
  );
  const { above } = known;
  const higher = useQuery({
    ...queryOf(above ?? askedAt(known, 0)),
    enabled: above !== undefined && isAboveNear,
    gcTime: KEPT_MS,
  });
  const { data: upper } = higher;
  useEffect(() => {
    if (above === undefined || upper === undefined) return;
    setKnown((before) => abovePage(before, { above, ...readOf(upper, limitNow()) }));
  }, [above, upper, limitNow]);
  // A page read ahead, or the one above, is missed only by who gets to it.
  const missed: UseQueryResult<DevicesPage>[] = answers.filter((_, at) =>
    isIn(pages[at] ?? 0, seen),
  );
  if (above !== undefined && isTopSeen) missed.push(higher);
  const failed = missed.find(hasFailed);
  return {
    count: starts.at(-1) ?? 0,
    rowsAbove: known.rowsAbove,
    rowAt: (index) => {
      const page = pageOf(index, starts);
      return answers[page - near.from]?.data?.devices[index - (starts[page] ?? 0)];
    },
    onSeen,
    isBeginReached: isBeginReached(known),
    isEndReached: isEndReached(known),
    error: failed?.error,
    isEmpty:
      known.pages.length === 1 &&
      known.pages[0]?.rows === 0 &&
      (above === undefined || upper?.devices.length === 0),
    retry: () => missed.filter(hasFailed).forEach((answer) => void answer.refetch()),
  };
}

function askedAt({ pages }: PagesKnown, page: number): PageAsked {
  return pages[page] ?? { place: {}, limit: PAGE_ROWS };
}

function readOf(
  { devices, next, previous }: DevicesPage,
  limit: number,
): {
  readonly rows: number;
  readonly next: string | undefined;
  readonly previous: string | undefined;
  readonly limit: number;
} {
  return { rows: devices.length, next, previous, limit };
}

/** Forgets the pages that were shown longest ago, where those that were not seen for a while are still too many. */
function useKeptPages(
  shown: readonly PageAsked[],
  queryOf: (page: PageAsked) => ReturnType<typeof devicesQuery>,
): void {
  const client = useQueryClient();
  const recent = useRef<ReadonlyMap<string, PageAsked>>(new Map());
  const key = JSON.stringify(shown);
  useEffect(() => {
    const now = new Map(shown.map((page) => [JSON.stringify(page), page]));
    const before = [...recent.current].filter(([name]) => !now.has(name)).toReversed();
    let rows = 0;
    const isKept = ([, { limit }]: readonly [string, PageAsked]): boolean =>
      (rows += limit) <= KEPT_ROWS;
    const kept = before.filter(isKept).toReversed();
    const names = new Set(kept.map(([name]) => name));
    for (const [name, page] of before) {
      if (names.has(name)) continue;
      client.removeQueries({ queryKey: queryOf(page).queryKey, exact: true, type: "inactive" });
    }
    recent.current = new Map([...kept, ...now]);
    // What is shown is told by its key; the others are made anew each time.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [key, client]);
}
