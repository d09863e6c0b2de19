import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { inboxQuery, type Inbox } from "../../calls/standing.ts";
import type { Column } from "../../parts/column.ts";
import { Figure } from "../../parts/figure.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";

type Parked = Inbox["parked_chunks"][number];

const COLUMNS: readonly Column<Parked>[] = [
  { id: "no", title: "Chunk", cell: ({ inbox_no: no }) => `#${no}` },
  { id: "agent", title: "Agent", cell: ({ agent_id: id }) => id },
  { id: "reason", title: "Reason", cell: ({ reason }) => reason },
];

/** What waits between agents and inventory. */
export function IngestionPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const query = useQuery(inboxQuery(tenant));
  return (
    <>
      <PageHeader title="Ingestion" about="What waits between agents and inventory." />
      <div className="figures">
        <Figure label="Chunks waiting" value={query.data?.waiting} />
        <Figure label="Batches to publish" value={query.data?.unpublished} />
        <Figure label="Publications held" value={query.data?.held} />
        <Figure label="Chunks parked" value={query.data?.parked} />
      </div>
      <Panel title="Parked chunks" padded={false}>
        <Loaded query={query}>
          {({ parked_chunks: chunks }) =>
            chunks.length === 0 ? (
              <div className="panel-body muted">None: every chunk could be worked.</div>
            ) : (
              <Table
                caption="Parked chunks"
                columns={COLUMNS}
                rows={chunks}
                rowKey={({ inbox_no: no }) => String(no)}
              />
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}
