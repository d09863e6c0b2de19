import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Plug } from "lucide-react";
import type { ReactNode } from "react";

import { sourcesQuery } from "../../calls/sources.ts";
import { tenantQuery } from "../../calls/standing.ts";
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
  const { data: sources } = useQuery(sourcesQuery(tenant));
  const { data: overview } = useQuery(tenantQuery(tenant));
  return (
    <>
      <PageHeader title="Overview" about={`The inventory of ${overview?.name ?? tenant}`} />
      <OverviewFigures tenant={tenant} />
      {sources?.length === 0 ? (
        <Panel padded={false}>
          <FirstSource tenant={tenant} />
        </Panel>
      ) : (
        <div className="grid">
          <AttentionPanel tenant={tenant} />
          <SourceStrip tenant={tenant} />
          <GroupPanel tenant={tenant} field="type" title="Devices by type" />
          <GroupPanel tenant={tenant} field="vendor_name" title="Devices by vendor" />
          <RecentRuns tenant={tenant} />
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
