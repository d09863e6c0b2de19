import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { changePeople } from "../../calls/people.ts";
import { queryClient } from "../../calls/query-client.ts";
import { runsQuery, type Run } from "../../calls/runs.ts";
import { useRefusal } from "../../calls/session.ts";
import { inboxQuery, type Inbox } from "../../calls/standing.ts";
import { keyOf } from "../../calls/topics.ts";
import { ActButton } from "../../parts/act-button.tsx";
import { Figure } from "../../parts/figure.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { toast } from "../../parts/toast.ts";
import { DiagnosisPanel } from "../agents/diagnosis-panel.tsx";
import { RunChart } from "../runs/run-chart.tsx";
import { ingestionDiagnoses } from "./ingestion-diagnoses.ts";
import { TuningPanels } from "./tuning-panels.tsx";

/** What waits between agents and inventory, how busy the database is, and what to turn. */
export function IngestionPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const query = useQuery({ ...inboxQuery(tenant), refetchInterval: ASK_EVERY_MS });
  const { data } = query;
  const { data: read } = useQuery(runsQuery(tenant, { limit: RUNS_DRAWN }));
  return (
    <>
      <PageHeader title="Ingestion" about="What waits between agents and inventory." />
      <div className="figures">
        <Figure
          label="Chunks waiting"
          value={data?.waiting}
          note={
            data !== undefined &&
            (data.oldest_at === undefined ? "nothing waits" : <TimeAgo at={data.oldest_at} />)
          }
        />
        <Figure label="Waiting, kB" value={data && Math.ceil(data.waiting_bytes / KB)} />
        <Figure label="Batches to publish" value={data?.unpublished} />
        <Figure label="Publications held" value={data?.held} />
        <Figure label="Chunks parked" value={data?.parked} />
      </div>
      <Loaded query={query}>
        {(inbox) => (
          <>
            <DiagnosisPanel title="What slows it" of={ingestionDiagnoses(inbox)} />
            <ParkedPanel tenant={tenant} chunks={inbox.parked_chunks} />
            <RunChart title="What runs brought" runs={read?.runs ?? NO_RUNS} />
            {inbox.tuning !== undefined && <TuningPanels tuning={inbox.tuning} />}
          </>
        )}
      </Loaded>
    </>
  );
}

/** How often is asked anew, ms: as often as the core looks at its database, of which no event tells. */
const ASK_EVERY_MS = 5_000;
const KB = 1_000;
/** Runs of all sources that the chart has; a page's limit. */
const RUNS_DRAWN = 500;
const NO_RUNS: readonly Run[] = [];

type Parked = Inbox["parked_chunks"][number];
type ParkedPanelProps = { readonly tenant: string; readonly chunks: readonly Parked[] };

function ParkedPanel({ tenant, chunks }: ParkedPanelProps): ReactNode {
  const refusal = useRefusal(tenant, "operator");
  const retry = async ({ inbox_no: no }: Parked): Promise<void> => {
    const path = ["tenants", tenant, "inbox", "parked", String(no), "retry"];
    await changePeople({ method: "POST", path });
    await queryClient.invalidateQueries({ queryKey: keyOf(tenant, "inbox") });
    toast(`Chunk #${no} is worked again.`);
  };
  return (
    <Panel title="Chunks parked" padded={false}>
      {chunks.length === 0 ? (
        <p className="panel-body muted">None: every chunk could be worked.</p>
      ) : (
        <Table
          caption="Chunks parked"
          columns={[
            { id: "no", title: "Chunk", cell: ({ inbox_no: no }: Parked) => `#${no}` },
            { id: "agent", title: "Agent", cell: ({ agent_id: id }: Parked) => id },
            {
              id: "reason",
              title: "Reason",
              cell: ({ reason }: Parked) => <span className="wrap-anywhere">{reason}</span>,
            },
            {
              id: "tries",
              title: "Tries",
              isNumber: true,
              cell: ({ attempts }: Parked) => attempts,
            },
            {
              id: "at",
              title: "Came",
              cell: ({ received_at: at }: Parked) => <TimeAgo at={at} />,
            },
            {
              id: "act",
              title: "Act",
              isNumber: true,
              cell: (chunk: Parked) => (
                <span className="acts">
                  <a
                    className="button"
                    href={pathOf(["tenants", tenant, "inbox", "parked", String(chunk.inbox_no)])}
                    download
                  >
                    Download
                  </a>
                  <ActButton refusal={refusal} act={() => retry(chunk)}>
                    Work again
                  </ActButton>
                </span>
              ),
            },
          ]}
          rows={chunks}
          rowKey={({ inbox_no: no }) => String(no)}
        />
      )}
    </Panel>
  );
}
