import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { runsQuery } from "../../calls/runs.ts";
import { sourceQuery } from "../../calls/sources.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Facts, Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { RunTable } from "../runs/run-table.tsx";

const route = getRouteApi("/t/$tenant/sources/$source");

/** One source. */
export function SourcePage(): ReactNode {
  const { tenant, source } = route.useParams();
  const query = useQuery(sourceQuery(tenant, source));
  const runs = useQuery(runsQuery(tenant, { source, limit: 50 }));
  return (
    <>
      <PageHeader title={source} />
      <Panel title="Settings">
        <Loaded query={query}>
          {({ type, endpoint, agent_id: agent }) => (
            <Facts
              of={[
                ["Type", type],
                ["Endpoint", endpoint],
                ["Agent", agent],
              ]}
            />
          )}
        </Loaded>
      </Panel>
      <Panel title="Runs" padded={false}>
        <Loaded query={runs}>
          {(page) => <RunTable tenant={tenant} runs={page.runs} isOfOne />}
        </Loaded>
      </Panel>
    </>
  );
}
