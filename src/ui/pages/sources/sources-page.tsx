import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Plug, Plus } from "lucide-react";
import type { ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { agentsQuery } from "../../calls/agents.ts";
import { runsQuery, type Run } from "../../calls/runs.ts";
import { sourcesQuery, type Source } from "../../calls/sources.ts";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { HeldMark } from "../held-mark.tsx";
import { sourceShown } from "../run-words.ts";
import { ShownBadge } from "../shown-badge.tsx";
import { NextRunCell } from "./next-run-cell.tsx";
import { nextRun } from "./next-run.ts";
import { bySource, marksLabel, marksOf } from "./run-marks.ts";

/** Runs read for all sparklines together; a page's limit. */
const RUNS_READ = 500;

/** All sources of a tenant: state, last runs, what comes next. */
export function SourcesPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const query = useQuery(sourcesQuery(tenant));
  const columns = useColumns(tenant);
  return (
    <>
      <PageHeader
        title="Sources"
        about="Systems that know your devices. An agent in your network pulls each of them."
        acts={<NewSource tenant={tenant} />}
      />
      <Panel padded={false}>
        <Loaded query={query} lines={6}>
          {(sources) =>
            sources.length === 0 ? (
              <EmptyState icon={Plug} title="No sources yet" acts={<NewSource tenant={tenant} />}>
                Connect NetBox or Armis. You can see what it would bring before anything is stored.
              </EmptyState>
            ) : (
              <Table caption="Sources" columns={columns} rows={sources} rowKey={({ id }) => id} />
            )
          }
        </Loaded>
      </Panel>
    </>
  );
}

function NewSource({ tenant }: { readonly tenant: string }): ReactNode {
  return (
    <Link to="/t/$tenant/sources/new" params={{ tenant }} className="button" data-kind="primary">
      <Plus size={15} aria-hidden />
      New source
    </Link>
  );
}

function useColumns(tenant: string): readonly Column<Source>[] {
  const { data: agents = [] } = useQuery(agentsQuery(tenant));
  const { data: read } = useQuery(runsQuery(tenant, { limit: RUNS_READ }));
  const runs = bySource(read?.runs ?? []);
  const agentOf = (source: Source) => agents.find(({ agent_id: id }) => id === source.agent_id);
  return [
    {
      id: "name",
      title: "Source",
      cell: (source) => <SourceName tenant={tenant} source={source} />,
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
    { id: "agent", title: "Agent", cell: ({ agent_id: id }) => id },
    {
      id: "runs",
      title: "Last runs",
      cell: ({ id }) => <LastRuns runs={runs.get(id) ?? []} />,
    },
    {
      id: "entries",
      title: "Devices sent",
      isNumber: true,
      cell: ({ id, last_run: run }) =>
        run === undefined ? "–" : sentWords(run, runs.get(id)?.find(isRun(run.run_no))),
    },
    {
      id: "last",
      title: "Last run",
      cell: ({ last_run: run }) =>
        run === undefined ? "–" : <TimeAgo at={run.ended_at ?? run.started_at} />,
    },
    {
      id: "next",
      title: "Next run",
      cell: (source) => <NextRunCell of={nextRun(source, agentOf(source), pageNowMs())} />,
    },
  ];
}

const isRun =
  (no: number) =>
  ({ run_no: of }: Run): boolean =>
    of === no;

/** A poll sends what changed alone, so that 0 is no sign of a fault. */
function sentWords({ entries }: { readonly entries: number }, run: Run | undefined): string {
  return run?.kind === "delta" ? `${numberWords(entries)} changed` : numberWords(entries);
}

function SourceName({
  tenant,
  source,
}: {
  readonly tenant: string;
  readonly source: Source;
}): ReactNode {
  const { name, type, endpoint } = source;
  return (
    <div className="cell-lines">
      <Link to="/t/$tenant/sources/$source" params={{ tenant, source: name }} className="name">
        {name}
      </Link>
      <span className="sub clip">
        {type} · {endpoint}
      </span>
    </div>
  );
}

function LastRuns({ runs }: { readonly runs: readonly Run[] }): ReactNode {
  if (runs.length === 0) return <span className="muted">none</span>;
  return <Sparkline marks={marksOf(runs)} label={marksLabel(runs)} />;
}
