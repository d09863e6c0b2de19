import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { MATRIX, TUNED } from "../../../model/tuning.ts";
import type { Inbox } from "../../calls/standing.ts";
import { tuningAdviceQuery, type TuningAdvice } from "../../calls/tuning.ts";
import type { Column } from "../../parts/column.ts";
import { TextField } from "../../parts/fields.tsx";
import { Facts, Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";

type Tuning = NonNullable<Inbox["tuning"]>;
type Pool = Tuning["pools"][number];
type Setting = Tuning["settings"][number];
type TuningPanelsProps = { readonly tuning: Tuning };

/** How busy the database and its connections are, what the process is tuned to, and what the matrix says for a workload. */
export function TuningPanels({ tuning }: TuningPanelsProps): ReactNode {
  return (
    <>
      <div className="grid">
        <div className="stack" data-span={6}>
          <Panel title="Database connections" padded={false}>
            <Table
              caption="Database connections"
              columns={POOL_COLUMNS}
              rows={tuning.pools}
              rowKey={({ part }) => part}
            />
          </Panel>
          <DatabasePanel of={tuning.database} />
        </div>
        <SettingsPanel tuning={tuning} />
      </div>
      <AdvicePanel now={tuning.workload_now} />
    </>
  );
}

const POOL_COLUMNS: readonly Column<Pool>[] = [
  { id: "part", title: "Part", cell: ({ part }) => part },
  { id: "size", title: "May open", isNumber: true, cell: ({ size }) => size },
  { id: "busy", title: "Busy", isNumber: true, cell: ({ busy }) => busy },
  { id: "line", title: "Waiting", isNumber: true, cell: ({ waiting }) => waiting },
  {
    id: "wait",
    title: "Least wait",
    isNumber: true,
    cell: ({ wait_ms: waitMs }) => `${waitMs} ms`,
  },
  { id: "gave", title: "Gave up", isNumber: true, cell: ({ timeouts }) => timeouts },
];

/** What the database does, over the last minute. */
function DatabasePanel({ of }: { readonly of: Tuning["database"] }): ReactNode {
  return (
    <Panel title="PostgreSQL in the last minute">
      {of === undefined ? (
        <p className="muted">Known some seconds after the core has started.</p>
      ) : (
        <Facts
          of={[
            ["Sessions that compute", of.running],
            [
              "Its processors",
              of.host === undefined
                ? "on another host, which the core cannot see"
                : `${of.host.processors}, ${of.host.busy_percent}% busy`,
            ],
            ["Sessions that waited for locks", of.lock_waiting],
            ["Longest wait for a lock", `${of.lock_wait_ms} ms`],
          ]}
        />
      )}
    </Panel>
  );
}

function SettingsPanel({ tuning }: { readonly tuning: Tuning }): ReactNode {
  const { settings, why, why_now: whyNow } = tuning;
  return (
    <Panel title="Settings in force" span={6} padded={false}>
      <Table
        caption="Settings in force"
        columns={SETTING_COLUMNS}
        rows={settings}
        rowKey={({ name }) => name}
      />
      <p className="panel-body small muted">
        {whyNow === undefined
          ? "Chosen when this core started, by what was there then:"
          : "Advised for what is there now; a core takes it when it starts:"}
      </p>
      <ul className="reasons panel-body small">
        {(whyNow ?? why).map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </Panel>
  );
}

const SETTING_COLUMNS: readonly Column<Setting>[] = [
  { id: "name", title: "Setting", cell: ({ name }) => <code>{name}</code> },
  { id: "value", title: "Value", isNumber: true, cell: ({ value }) => value },
  {
    id: "advised",
    title: "Advised",
    isNumber: true,
    cell: ({ value, advised }) =>
      advised === undefined ? "–" : advised === value ? advised : <strong>{advised}</strong>,
  },
  {
    id: "origin",
    title: "From",
    cell: ({ origin }) =>
      origin === "set" ? <strong>set</strong> : <span className="muted">automatic</span>,
  },
];

/** PostgreSQL's own default, one core and one tenant: until the core has looked. */
const WORKLOAD = { max_connections: 100, replicas: 1, devices: 0, tenants: 1 };
type Workload = typeof WORKLOAD;
const FIELDS = [
  ["max_connections", "max_connections of PostgreSQL"],
  ["replicas", "Cores"],
  ["devices", "Devices of all tenants"],
  ["tenants", "Tenants"],
] as const;

function AdvicePanel({ now }: { readonly now: Workload | undefined }): ReactNode {
  const [typed, setTyped] = useState<Readonly<Partial<Record<keyof Workload, string>>>>({});
  const of = now ?? WORKLOAD;
  const wanted = {
    max_connections: typed.max_connections ?? String(of.max_connections),
    replicas: typed.replicas ?? String(of.replicas),
    devices: typed.devices ?? String(of.devices),
    tenants: typed.tenants ?? String(of.tenants),
  };
  const query = useQuery({ ...tuningAdviceQuery(wanted), placeholderData: keepPreviousData });
  return (
    <Panel title="The tuning matrix" padded={false}>
      <div className="panel-body columns-2">
        {FIELDS.map(([name, label]) => (
          <TextField
            key={name}
            label={label}
            inputMode="numeric"
            value={wanted[name]}
            onChange={(text) => setTyped({ ...typed, [name]: text })}
          />
        ))}
      </div>
      <Loaded query={query}>
        {(advice) => (
          <>
            <p className="panel-body">
              <strong>{advice.workload}</strong>: {advice.workload_means}. Connections of a core:{" "}
              {advice.pool_budget}.
            </p>
            <Table
              caption="The tuning matrix"
              columns={matrixColumns(advice)}
              rows={advice.settings}
              rowKey={({ name }) => name}
            />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

type Advised = TuningAdvice["settings"][number];

/** The document's matrix, settings downwards, with what is recommended for the workload before it. */
function matrixColumns({ workload }: TuningAdvice): readonly Column<Advised>[] {
  return [
    { id: "name", title: "Setting", cell: ({ name }) => <code>{name}</code> },
    {
      id: "value",
      title: "Recommended",
      isNumber: true,
      cell: ({ value }) => <strong>{value}</strong>,
    },
    ...MATRIX.map((row): Column<Advised> => ({
      id: row.name,
      title: row.name === workload ? `${row.name} (yours)` : row.name,
      isNumber: true,
      cell: ({ name }) => {
        const tuned = TUNED.find((one) => one === name);
        const [least, most] = tuned === undefined ? [0, 0] : row.ranges[tuned];
        const range = least === most ? least : `${least}–${most}`;
        return row.name === workload ? range : <span className="muted">{range}</span>;
      },
    })),
  ];
}
