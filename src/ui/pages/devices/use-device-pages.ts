import { useQueries } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";

import {
  DEVICES_PAGE,
  devicesQuery,
  type Device,
  type DevicesWanted,
} from "../../calls/devices.ts";
import { afterPage, NOTHING_KNOWN, pagesAt, rowsKnown } from "../../parts/pages-known.ts";

/** How long a page that is not seen is kept, ms: rows in memory stay few however far somebody scrolls. */
const KEPT_MS = 20_000;

/** Devices for a table of any length. */
export interface DevicePages {
  readonly count: number;
  readonly rowAt: (index: number) => Device | undefined;
  readonly onSeen: (first: number, last: number) => void;
  readonly error: unknown;
  readonly isEmpty: boolean;
  readonly retry: () => void;
}

/** Reads the pages that are seen; its component is made anew for each new query (`key`). */
export function useDevicePages(tenant: string, wanted: DevicesWanted): DevicePages {
  const [known, setKnown] = useState(NOTHING_KNOWN);
  const [seen, setSeen] = useState({ first: 0, last: 0 });
  const pages = pagesAt({ ...seen, pageRows: DEVICES_PAGE }, known);
  const answers = useQueries({
    queries: pages.map((page) => ({
      ...devicesQuery(tenant, wanted, known.cursors[page]),
      gcTime: KEPT_MS,
    })),
  });
  useEffect(() => {
    pages.forEach((page, at) => {
      const data = answers[at]?.data;
      if (data === undefined) return;
      const read = { page, rows: data.devices.length, next: data.next };
      setKnown((before) => afterPage(before, read));
    });
  }, [pages, answers]);
  const onSeen = useCallback(
    (first: number, last: number) =>
      setSeen((before) =>
        before.first === first && before.last === last ? before : { first, last },
      ),
    [],
  );
  const failed = answers.find(({ error }) => error !== null);
  return {
    count: rowsKnown(known, DEVICES_PAGE),
    rowAt: (index) => {
      const at = pages.indexOf(Math.floor(index / DEVICES_PAGE));
      return answers[at]?.data?.devices[index % DEVICES_PAGE];
    },
    onSeen,
    error: failed?.error,
    isEmpty: known.lastRows === 0 && known.cursors.length === 1,
    retry: () => answers.forEach((answer) => void answer.refetch()),
  };
}
