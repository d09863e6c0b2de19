import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Plug } from "lucide-react";
import type { ReactNode } from "react";

import { overviewQuery, tenantQuery } from "../../calls/standing.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { AttentionPanel } from "./attention-panel.tsx";
import { GroupPanel } from "./group-panel.tsx";
import { OverviewFigures } from "./overview-figures.tsx";
import { RecentRuns } from "./recent-runs.tsx";
import { SourceStrip } from "./source-strip.tsx";

/** Is the inventory right, is it fresh, what needs attention. */
export function OverviewPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const { data: standing } = useQuery(overviewQuery(tenant));
  const { data: overview } = useQuery(tenantQuery(tenant));
  return (
    <>
      <PageHeader title="Overview" about={`The inventory of ${overview?.name ?? tenant}`} />
      <OverviewFigures tenant={tenant} />
      {standing?.source_counts.total === 0 ? (
        <Panel padded={false}>
          <FirstSource tenant={tenant} />
        </Panel>
      ) : (
        <div className="grid">
          <div className="stack" data-span={6}>
            <AttentionPanel tenant={tenant} />
            <RecentRuns tenant={tenant} />
          </div>
          <div className="stack" data-span={6}>
            <SourceStrip tenant={tenant} />
            <GroupPanel tenant={tenant} field="type" title="Devices by type" />
            <GroupPanel tenant={tenant} field="vendor_name" title="Devices by vendor" />
          </div>
        </div>
      )}
    </>
  );
}

function FirstSource({ tenant }: { readonly tenant: string }): ReactNode {
  return (
    <EmptyState
      icon={Plug}
      title="Connect your first source"
      acts={
        <Link
          to="/t/$tenant/sources/new"
          params={{ tenant }}
          className="button"
          data-kind="primary"
        >
          New source
        </Link>
      }
    >
      A source is a system that knows your devices, such as NetBox or Armis. An agent in your
      network pulls it; you can see what it would bring before anything is stored.
    </EmptyState>
  );
}
