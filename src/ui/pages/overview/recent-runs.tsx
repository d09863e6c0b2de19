import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { runsQuery } from "../../calls/runs.ts";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { RunTable } from "../runs/run-table.tsx";

const SHOWN = 8;

/** The last runs of all sources. */
export function RecentRuns({ tenant }: { readonly tenant: string }): ReactNode {
  const query = useQuery(runsQuery(tenant, { limit: SHOWN }));
  return (
    <Panel
      title="Last runs"
      padded={false}
      acts={
        <Link to="/t/$tenant/runs" params={{ tenant }} className="small">
          All runs
        </Link>
      }
    >
      <Loaded query={query}>
        {({ runs }) => <RunTable tenant={tenant} runs={runs} isBrief />}
      </Loaded>
    </Panel>
  );
}
