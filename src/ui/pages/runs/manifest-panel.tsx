import type { ReactNode } from "react";

import type { RunDetail } from "../../calls/runs.ts";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { Panel } from "../../parts/panel.tsx";
import { Table } from "../../parts/table.tsx";
import { manifestLines, type ManifestLine } from "./manifest-lines.ts";

const COLUMNS: readonly Column<ManifestLine>[] = [
  { id: "what", title: "Counted", cell: ({ what }) => what },
  { id: "agent", title: "The agent says", isNumber: true, cell: ({ said }) => told(said) },
  { id: "core", title: "The core has", isNumber: true, cell: ({ has }) => told(has) },
  { id: "promised", title: "Rehearsed", isNumber: true, cell: ({ promised }) => told(promised) },
];

/** What the agent says of its run beside what arrived, and what was rehearsed of it. */
export function ManifestPanel({ run }: { readonly run: RunDetail }): ReactNode {
  return (
    <Panel title="Manifest" span={6} padded={false}>
      {run.manifest === undefined && (
        <p className="panel-body muted">
          {run.outcome === "running"
            ? "The agent sends its manifest at the run's end."
            : "The agent sent none, so the run cannot be called whole by it."}
        </p>
      )}
      <Table
        caption="Manifest"
        isNarrow
        columns={run.promised === undefined ? COLUMNS.slice(0, -1) : COLUMNS}
        rows={manifestLines(run)}
        rowKey={({ what }) => what}
      />
    </Panel>
  );
}

function told(count: number | undefined): string {
  return count === undefined ? "–" : numberWords(count);
}
