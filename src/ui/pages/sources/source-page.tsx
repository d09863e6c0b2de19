import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { runsQuery } from "../../calls/runs.ts";
import { sourceQuery, type TaggedSource } from "../../calls/sources.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { RunChart } from "../runs/run-chart.tsx";
import { RunTable } from "../runs/run-table.tsx";
import { SourceState } from "../source-state.tsx";
import { SourceActs } from "./source-acts.tsx";
import { SourceHistory } from "./source-history.tsx";
import { SourceRehearsal } from "./source-rehearsal.tsx";
import { SourceSettings } from "./source-settings.tsx";
import { SourceStanding } from "./source-standing.tsx";
import { SourceTest } from "./source-test.tsx";

const route = getRouteApi("/t/$tenant/sources/$source");
const RUNS_SHOWN = 50;
const TEST_ABOUT =
  "The agent looks the name up, connects, checks the certificate, logs in and reads a few devices. Nothing is stored.";
const REHEARSAL_ABOUT =
  "The agent reads the whole source, and the core says what a run would change: devices that are new, updated, merged or gone. The inventory stays as it is.";

/** One source: how it stands, its runs, its settings and how they came. */
export function SourcePage(): ReactNode {
  const { tenant, source: name } = route.useParams();
  const query = useQuery(sourceQuery(tenant, name));
  const { data: source } = query;
  return (
    <>
      <PageHeader
        title={name}
        badge={source !== undefined && <SourceState tenant={tenant} source={source} />}
        crumbs={
          <Link to="/t/$tenant/sources" params={{ tenant }}>
            Sources
          </Link>
        }
        about={source === undefined ? " " : `${source.type} at ${source.endpoint}`}
        acts={source !== undefined && <SourceActs tenant={tenant} source={source} />}
      />
      <Loaded query={query} lines={8}>
        {(loaded) => (
          <>
            {!loaded.enabled && loaded.last_run === undefined && (
              <Unfinished tenant={tenant} name={loaded.name} />
            )}
            <SourceStanding tenant={tenant} source={loaded} />
            <SourceTabs tenant={tenant} source={loaded} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** A source that was stored on the way to its first run, and left there. */
function Unfinished({
  tenant,
  name,
}: {
  readonly tenant: string;
  readonly name: string;
}): ReactNode {
  return (
    <div className="notice">
      <div className="row-between">
        <span>It was never enabled. Go on with its set-up, or delete it under Settings.</span>
        <Link
          to="/t/$tenant/sources/new"
          params={{ tenant }}
          search={{ source: name }}
          className="button"
        >
          Continue set-up
        </Link>
      </div>
    </div>
  );
}

function SourceTabs({
  tenant,
  source,
}: {
  readonly tenant: string;
  readonly source: TaggedSource;
}): ReactNode {
  const { tab = "runs" } = route.useSearch();
  const navigate = route.useNavigate();
  const { name } = source;
  const panel = (about: string, body: ReactNode): ReactNode => (
    <div className="panel panel-body stack">
      <p className="muted">{about}</p>
      {body}
    </div>
  );
  return (
    <Tabs
      label="Of this source"
      value={tab}
      onChange={(chosen) => void navigate({ search: { tab: chosen }, replace: true })}
      tabs={[
        { value: "runs", label: "Runs", body: <SourceRuns tenant={tenant} name={name} /> },
        {
          value: "test",
          label: "Test",
          body: panel(TEST_ABOUT, <SourceTest tenant={tenant} source={name} />),
        },
        {
          value: "rehearsal",
          label: "Rehearsal",
          body: panel(REHEARSAL_ABOUT, <SourceRehearsal tenant={tenant} source={name} />),
        },
        {
          value: "settings",
          label: "Settings",
          body: <SourceSettings tenant={tenant} source={source} />,
        },
        {
          value: "history",
          label: "History",
          body: <SourceHistory tenant={tenant} name={name} />,
        },
      ]}
    />
  );
}

function SourceRuns({
  tenant,
  name,
}: {
  readonly tenant: string;
  readonly name: string;
}): ReactNode {
  const query = useQuery(runsQuery(tenant, { source: name, limit: RUNS_SHOWN }));
  return (
    <Loaded query={query} lines={6}>
      {({ runs }) => (
        <div className="stack">
          <RunChart title="What runs brought" runs={runs} />
          <div className="panel">
            <RunTable tenant={tenant} runs={runs} isOfOne />
          </div>
        </div>
      )}
    </Loaded>
  );
}
