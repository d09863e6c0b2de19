import type { ReactNode } from "react";

import type { RunDetail } from "../../calls/runs.ts";
import { numberWords } from "../../parts/number-words.ts";
import { Facts, Panel } from "../../parts/panel.tsx";

const INDENT = 2;

/** Entries that could not be used: by reason, and the first of them as they came. */
export function RejectedPanel({ run }: { readonly run: RunDetail }): ReactNode {
  return (
    <Panel title="Rejected entries">
      <div className="stack">
        <Facts
          of={Object.entries(run.rejected_by).map(([reason, count]): [string, string] => [
            reason.replaceAll("_", " "),
            numberWords(count),
          ])}
        />
        {run.rejected_sample.length > 0 && (
          <details className="more">
            <summary>The first {run.rejected_sample.length} as they came</summary>
            <pre className="sample" tabIndex={0} aria-label="Rejected entries">
              {JSON.stringify(run.rejected_sample, undefined, INDENT)}
            </pre>
          </details>
        )}
      </div>
    </Panel>
  );
}
