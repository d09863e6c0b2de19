import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { tenantQuery, type Inbox } from "../../calls/standing.ts";
import { tuningAdviceQuery } from "../../calls/tuning.ts";
import { TextField } from "../../parts/fields.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";

type Tuning = NonNullable<Inbox["tuning"]>;
type Pool = Tuning["pools"][number];
type Setting = Tuning["settings"][number];
type TuningPanelsProps = { readonly tenant: string; readonly tuning: Tuning };

/** How busy connections are, what the process is tuned to, and what the matrix says for a workload. */
export function TuningPanels({ tenant, tuning }: TuningPanelsProps): ReactNode {
  return (
    <div className="grid">
      <Panel title="Database connections" span={6} padded={false}>
        <Table
          caption="Database connections"
          columns={[
            { id: "part", title: "Part", cell: ({ part }: Pool) => part },
            { id: "size", title: "May open", isNumber: true, cell: ({ size }: Pool) => size },
            { id: "busy", title: "Busy", isNumber: true, cell: ({ busy }: Pool) => busy },
            { id: "line", title: "Waiting", isNumber: true, cell: ({ waiting }: Pool) => waiting },
            {
              id: "wait",
              title: "Least wait",
              isNumber: true,
              cell: ({ wait_ms: waitMs }: Pool) => `${waitMs} ms`,
            },
            {
              id: "gave",
              title: "Gave up",
              isNumber: true,
              cell: ({ timeouts }: Pool) => timeouts,
            },
          ]}
          rows={tuning.pools}
          rowKey={({ part }) => part}
        />
      </Panel>
      <Panel title="Settings in force" span={6} padded={false}>
        <Table
          caption="Settings in force"
          columns={[
            { id: "name", title: "Setting", cell: ({ name }: Setting) => <code>{name}</code> },
            { id: "value", title: "Value", isNumber: true, cell: ({ value }: Setting) => value },
            {
              id: "origin",
              title: "From",
              cell: ({ origin }: Setting) => (
                <StatusBadge tone={origin === "set" ? "info" : "idle"}>{origin}</StatusBadge>
              ),
            },
          ]}
          rows={tuning.settings}
          rowKey={({ name }) => name}
        />
        <p className="panel-body small muted">
          Chosen when this core started, with what it had then:
        </p>
        <ul className="reasons panel-body small">
          {tuning.why.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      </Panel>
      <AdvicePanel tenant={tenant} />
    </div>
  );
}

/** PostgreSQL's own default. */
const CONNECTIONS_DEFAULT = "100";

function AdvicePanel({ tenant }: { readonly tenant: string }): ReactNode {
  const { data: overview } = useQuery(tenantQuery(tenant));
  const [connections, setConnections] = useState(CONNECTIONS_DEFAULT);
  const [replicas, setReplicas] = useState("1");
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const devices = typed ?? String(overview?.devices ?? 0);
  const wanted = { max_connections: connections, replicas, devices };
  const query = useQuery({ ...tuningAdviceQuery(wanted), placeholderData: keepPreviousData });
  return (
    <Panel title="The matrix's row for a workload" padded={false}>
      <div className="panel-body columns-2">
        <TextField
          label="max_connections of PostgreSQL"
          inputMode="numeric"
          value={connections}
          onChange={setConnections}
        />
        <TextField label="Cores" inputMode="numeric" value={replicas} onChange={setReplicas} />
        <TextField label="Devices" inputMode="numeric" value={devices} onChange={setTyped} />
      </div>
      <Loaded query={query}>
        {(advice) => (
          <>
            <p className="panel-body">
              <strong>{advice.workload}</strong>: {advice.workload_means}. Connections of a core:{" "}
              {advice.pool_budget}.
            </p>
            <Table
              caption="The matrix's row for a workload"
              columns={[
                { id: "name", title: "Setting", cell: ({ name }) => <code>{name}</code> },
                {
                  id: "value",
                  title: "Recommended",
                  isNumber: true,
                  cell: ({ value }) => <strong>{value}</strong>,
                },
                { id: "row", title: "The row's range", isNumber: true, cell: ({ row }) => row },
              ]}
              rows={advice.settings}
              rowKey={({ name }) => name}
            />
          </>
        )}
      </Loaded>
    </Panel>
  );
}
