import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { overviewQuery, tenantQuery, type SourceStanding } from "../../calls/standing.ts";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { SourceState } from "../source-state.tsx";

/** Sources shown, those that need a look first: the page of sources has all. */
const SHOWN_MAX = 12;

/** Sources with their state, and how much of the inventory each sees. */
export function SourceStrip({ tenant }: { readonly tenant: string }): ReactNode {
  const query = useQuery(overviewQuery(tenant));
  const { data: overview } = useQuery(tenantQuery(tenant));
  const devices =
    overview && new Map(overview.devices_by_source.map(({ id, devices: n }) => [id, n]));
  return (
    <Panel
      title="Sources"
      padded={false}
      acts={
        <Link to="/t/$tenant/sources" params={{ tenant }} className="small">
          All sources
        </Link>
      }
    >
      <Loaded query={query}>
        {({ sources, source_counts: counts }) => (
          <>
            <Table
              caption="Sources"
              columns={columnsOf(tenant, devices)}
              rows={sources.slice(0, SHOWN_MAX)}
              rowKey={({ id }) => id}
            />
            {counts.total > SHOWN_MAX && (
              <div className="table-foot">
                {SHOWN_MAX} of {numberWords(counts.total)}, those that need a look first
              </div>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function columnsOf(
  tenant: string,
  /** Absent while they are counted. */
  devices: ReadonlyMap<string, number> | undefined,
): readonly Column<SourceStanding>[] {
  return [
    {
      id: "name",
      title: "Source",
      cell: ({ name }) => (
        <Link to="/t/$tenant/sources/$source" params={{ tenant, source: name }} className="name">
          {name}
        </Link>
      ),
    },
    {
      id: "state",
      title: "State",
      cell: (source) => (
        <SourceState
          tenant={tenant}
          source={{ ...source, enabled: source.state !== "disabled" }}
          isShort
        />
      ),
    },
    {
      id: "devices",
      title: "Devices",
      isNumber: true,
      cell: ({ id }) => (devices === undefined ? "–" : numberWords(devices.get(id) ?? 0)),
    },
    {
      id: "last",
      title: "Last run",
      cell: ({ last_run: run }) =>
        run === undefined ? "–" : <TimeAgo at={run.ended_at ?? run.started_at} />,
    },
  ];
}
