import { useMemo, useState } from "react";

import type { Device } from "../../calls/devices.ts";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { toast } from "../../parts/toast.ts";
import { pickColumn } from "./device-columns.tsx";
import { pickedIn, PICKED_MAX, picksAfter, type Picks } from "./picks.ts";

/** What is picked in a list, the column that it is picked by, and how all of it is let go. */
export function usePicks(list: string): {
  readonly picked: ReadonlySet<string>;
  readonly pick: Column<Device>;
  readonly clear: () => void;
} {
  const [picks, setPicks] = useState<Picks>({ list, ids: new Set() });
  const picked = useMemo(() => pickedIn(picks, list), [picks, list]);
  const pick = useMemo(
    () =>
      pickColumn(picked, (id, isPicked) => {
        const ids = picksAfter(picked, id, isPicked);
        if (ids === undefined) {
          toast(`More than ${numberWords(PICKED_MAX)} are not picked: filter, and tag all.`, "bad");
        } else setPicks({ list, ids });
      }),
    [picked, list],
  );
  return { picked, pick, clear: () => setPicks({ list, ids: new Set() }) };
}
