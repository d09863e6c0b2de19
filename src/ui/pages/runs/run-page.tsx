import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { runQuery } from "../../calls/runs.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { RunTable } from "./run-table.tsx";

const route = getRouteApi("/t/$tenant/runs/$run");

/** One run. */
export function RunPage(): ReactNode {
  const { tenant, run } = route.useParams();
  const query = useQuery(runQuery(tenant, run));
  return (
    <>
      <PageHeader title={`Run #${run}`} />
      <Panel padded={false}>
        <Loaded query={query}>{(one) => <RunTable tenant={tenant} runs={[one]} />}</Loaded>
      </Panel>
    </>
  );
}
