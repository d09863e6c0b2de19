import type { ReactNode } from "react";

import { StatusBadge } from "../../parts/status-badge.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import type { NextRun } from "./next-run.ts";

/** When a source runs next, in a table's cell. */
export function NextRunCell({ of }: { readonly of: NextRun }): ReactNode {
  if (of.kind === "now") return "running now";
  if (of.kind === "at") {
    return of.isLate ? <StatusBadge tone="warn">late</StatusBadge> : <TimeAgo at={of.at} />;
  }
  return (
    <StatusBadge tone={of.why.tone} title={of.why.about}>
      {of.why.title}
    </StatusBadge>
  );
}
