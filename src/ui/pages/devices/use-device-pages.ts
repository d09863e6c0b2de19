import { useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";

import {
  DEVICES_PAGE,
  devicesQuery,
  type Device,
  type DevicesWanted,
} from "../../calls/devices.ts";
import {
  abovePage,
  afterPage,
  nothingKnown,
  pageOf,
  pagesAt,
  startsOf,
} from "../../parts/pages-known.ts";

/** How long a page that is not seen is kept, ms: rows in memory stay few however far somebody scrolls. */
const KEPT_MS = 20_000;
/** So many rows below the top, the page above is read: before anybody gets there. */
const NEAR_ROWS = 40;

/** Devices for a table of any length. */
export interface DevicePages {
  readonly count: number;
  /** Rows that came to stand above the first ones. */
  readonly rowsAbove: number;
  readonly rowAt: (index: number) => Device | undefined;
  readonly onSeen: (first: number, last: number) => void;
  readonly error: unknown;
  readonly isEmpty: boolean;
  readonly retry: () => void;
}

/** Reads the pages that are seen, from where the list is entered; its component is made anew for each new query (`key`). */
export function useDevicePages(
  tenant: string,
  wanted: DevicesWanted,
  from: string | undefined,
): DevicePages {
  const [known, setKnown] = useState(() => nothingKnown(from === undefined ? {} : { from }));
  const [seen, setSeen] = useState({ first: 0, last: 0 });
  const starts = useMemo(() => startsOf(known, DEVICES_PAGE), [known]);
  const pages = pagesAt(seen, starts);
  const answers = useQueries({
    queries: pages.map((page) => ({
      ...devicesQuery(tenant, wanted, known.pages[page]?.place),
      gcTime: KEPT_MS,
    })),
  });
  useEffect(() => {
    pages.forEach((page, at) => {
      const data = answers[at]?.data;
      const asked = known.pages[page];
      if (data === undefined || asked === undefined) return;
      const { devices, next, previous } = data;
      const read = { page, place: asked.place, rows: devices.length, next, previous };
      setKnown((before) => afterPage(before, read));
    });
  }, [known, pages, answers]);
  const { above } = known;
  const { data: upper } = useQuery({
    ...devicesQuery(tenant, wanted, { before: above ?? "" }),
    enabled: above !== undefined && seen.first < NEAR_ROWS,
    gcTime: KEPT_MS,
  });
  useEffect(() => {
    if (above === undefined || upper === undefined) return;
    const read = { above, rows: upper.devices.length, previous: upper.previous };
    setKnown((before) => abovePage(before, read));
  }, [above, upper]);
  const onSeen = useCallback(
    (first: number, last: number) =>
      setSeen((before) =>
        before.first === first && before.last === last ? before : { first, last },
      ),
    [],
  );
  const failed = answers.find(({ error }) => error !== null);
  return {
    count: starts.at(-1) ?? 0,
    rowsAbove: known.rowsAbove,
    rowAt: (index) => {
      const page = pageOf(index, starts);
      return answers[pages.indexOf(page)]?.data?.devices[index - (starts[page] ?? 0)];
    },
    onSeen,
    error: failed?.error,
    isEmpty: known.pages.length === 1 && known.pages[0]?.rows === 0 && above === undefined,
    retry: () => answers.forEach((answer) => void answer.refetch()),
  };
}
