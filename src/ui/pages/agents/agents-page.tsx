import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import type { ReactNode } from "react";

import { agentsQuery, type Agent } from "../../calls/agents.ts";
import type { Column } from "../../parts/column.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { agentShown } from "../run-words.ts";
import { ShownBadge } from "../shown-badge.tsx";

const COLUMNS: readonly Column<Agent>[] = [
  { id: "agent", title: "Agent", cell: ({ agent_id: id }) => id },
  { id: "state", title: "State", cell: ({ state }) => <ShownBadge of={agentShown(state)} /> },
  { id: "host", title: "Host", cell: ({ hostname }) => hostname ?? "–" },
  { id: "version", title: "Version", cell: ({ version }) => version ?? "–" },
  { id: "partition", title: "Partition", cell: ({ partition }) => partition },
  {
    id: "seen",
    title: "Last seen",
    cell: ({ last_seen_at: at }) => (at === undefined ? "never" : <TimeAgo at={at} />),
  },
  {
    id: "ends",
    title: "Certificate ends",
    cell: ({ certificate_not_after: at }) => (at === undefined ? "–" : <TimeAgo at={at} />),
  },
];

/** All agents of a tenant. */
export function AgentsPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const query = useQuery(agentsQuery(tenant));
  return (
    <>
      <PageHeader title="Agents" about="Programs in your networks that pull the sources." />
      <Panel padded={false}>
        <Loaded query={query}>
          {(agents) =>
            agents.length === 0 ? (
              <EmptyState icon={Activity} title="No agents yet" />
            ) : (
              <Table
                caption="Agents"
                columns={COLUMNS}
                rows={agents}
                rowKey={({ agent_id: id }) => id}
              />
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}
