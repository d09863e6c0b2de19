import type { ReactNode } from "react";

import { capital } from "../../parts/capital.ts";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import type { NextRun } from "./next-run.ts";

/** When a source runs next, in a table's cell. */
export function NextRunCell({ of }: { readonly of: NextRun }): ReactNode {
  if (of.kind === "now") return "running now";
  if (of.kind === "at") return <At {...of} />;
  const { tone, title, short, about, at } = of.why;
  return (
    <span className="cell-lines">
      <span>
        <StatusBadge tone={tone} title={`${title}. ${about}`}>
          {capital(short)}
        </StatusBadge>
      </span>
      {at !== undefined && (
        <span className="sub">
          <TimeAgo at={at} />
        </span>
      )}
    </span>
  );
}

function At({ at, due, isReckoned }: Extract<NextRun, { kind: "at" }>): ReactNode {
  if (due === "later" && isReckoned) return <Reckoned at={at} />;
  if (due === "later") return <TimeAgo at={at} />;
  if (due === "now") return "due now";
  return (
    <StatusBadge tone="warn" title="Its agent has not begun it, though it is due.">
      Late
    </StatusBadge>
  );
}

function Reckoned({ at }: { readonly at: string }): ReactNode {
  return (
    <span className="cell-lines" title="Its agent says when it is due within 30 s.">
      <TimeAgo at={at} />
      <span className="sub">by its poll interval</span>
    </span>
  );
}
