import type { ReactNode } from "react";

import { Panel } from "../../parts/panel.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import type { Happened } from "./device-timeline.ts";

/** What happened to a device, newest first. */
export function TimelinePanel({ of }: { readonly of: readonly Happened[] }): ReactNode {
  return (
    <Panel title="Timeline">
      <ol className="timeline">
        {of.map(({ at, tone, title, about }) => (
          <li key={`${at} ${title}`} data-tone={tone}>
            <span className="wrap-anywhere">
              {title}
              {about !== undefined && <span className="muted small wrap-anywhere"> {about}</span>}
            </span>
            <span className="muted small">
              <TimeAgo at={at} />
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
