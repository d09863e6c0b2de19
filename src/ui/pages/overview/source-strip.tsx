import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { sourcesQuery, type Source } from "../../calls/sources.ts";
import { tenantQuery } from "../../calls/standing.ts";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { HeldMark } from "../held-mark.tsx";
import { sourceShown } from "../run-words.ts";
import { ShownBadge } from "../shown-badge.tsx";

/** Each source with its state and how much of the inventory it sees. */
export function SourceStrip({ tenant }: { readonly tenant: string }): ReactNode {
  const query = useQuery(sourcesQuery(tenant));
  const { data: overview } = useQuery(tenantQuery(tenant));
  const devices =
    overview && new Map(overview.devices_by_source.map(({ id, devices: n }) => [id, n]));
  return (
    <Panel
      title="Sources"
      span={6}
      padded={false}
      acts={
        <Link to="/t/$tenant/sources" params={{ tenant }} className="small">
          All sources
        </Link>
      }
    >
      <Loaded query={query}>
        {(sources) => (
          <Table
            caption="Sources"
            columns={columnsOf(tenant, devices)}
            rows={sources}
            rowKey={({ id }) => id}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function columnsOf(
  tenant: string,
  /** Absent while they are counted. */
  devices: ReadonlyMap<string, number> | undefined,
): readonly Column<Source>[] {
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
        <span className="tags">
          <ShownBadge of={sourceShown(source)} />
          <HeldMark tenant={tenant} source={source.id} isShort />
        </span>
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
