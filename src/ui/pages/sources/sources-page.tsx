import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Plug, Plus } from "lucide-react";
import type { ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { agentsOfQuery, type Agent } from "../../calls/agents.ts";
import { sourcesPageQuery, type Source } from "../../calls/sources.ts";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { runWord } from "../run-words.ts";
import { SourceState } from "../source-state.tsx";
import { NextRunCell } from "./next-run-cell.tsx";
import { nextRun } from "./next-run.ts";
import { MARKS_MAX, marksLabel, marksOf } from "./run-marks.ts";

/** All sources of a tenant: state, last runs, what comes next. */
export function SourcesPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  return (
    <>
      <PageHeader
        title="Sources"
        about="Systems that know your devices. An agent in your network pulls each of them."
        acts={<NewSource tenant={tenant} />}
      />
      <PagedList
        pageQuery={(wanted) => sourcesPageQuery(tenant, wanted, { runs: MARKS_MAX })}
        find="Source, address or agent"
        empty={
          <EmptyState icon={Plug} title="No sources yet" acts={<NewSource tenant={tenant} />}>
            Connect NetBox or Armis. You can see what it would bring before anything is stored.
          </EmptyState>
        }
      >
        {(sources) => <SourceTable tenant={tenant} sources={sources} />}
      </PagedList>
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

type SourceTableProps = { readonly tenant: string; readonly sources: readonly Source[] };

function SourceTable({ tenant, sources }: SourceTableProps): ReactNode {
  const columns = useColumns(tenant, sources);
  return <Table caption="Sources" columns={columns} rows={sources} rowKey={({ id }) => id} />;
}

function useColumns(tenant: string, sources: readonly Source[]): readonly Column<Source>[] {
  const ids = sources.map(({ agent_id: id }) => id);
  const { data: agents } = useQuery(agentsOfQuery(tenant, ids));
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
        <span className="cell-lines">
          <SourceState tenant={tenant} source={source} isShort />
          {source.enabled && source.last_run?.error !== undefined && (
            <span className="sub clip reason" title={source.last_run.error}>
              {source.last_run.error}
            </span>
          )}
        </span>
      ),
    },
    {
      id: "agent",
      title: "Agent",
      cell: ({ agent_id: id }) => <span className="nowrap">{id}</span>,
    },
    {
      id: "runs",
      title: "Last runs",
      cell: ({ last_runs: runs = [] }) => <LastRuns runs={runs} />,
    },
    {
      id: "entries",
      title: "Records sent",
      isNumber: true,
      cell: ({ last_run: run }) => (run === undefined ? "–" : <Sent run={run} />),
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
      cell: (source) => (agents === undefined ? "–" : <NextRun source={source} agents={agents} />),
    },
  ];
}

type NextRunProps = { readonly source: Source; readonly agents: readonly Agent[] };

function NextRun({ source, agents }: NextRunProps): ReactNode {
  const agent = agents.find(({ agent_id: id }) => id === source.agent_id);
  return <NextRunCell of={nextRun(source, agent, pageNowMs())} />;
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

function LastRuns({ runs }: { readonly runs: NonNullable<Source["last_runs"]> }): ReactNode {
  if (runs.length === 0) return <span className="muted">none</span>;
  return <Sparkline marks={marksOf(runs)} label={marksLabel(runs)} />;
}

/** How many records its last run brought; a poll sends what the source calls changed, so that 0 is no sign of a fault. */
function Sent({ run }: { readonly run: NonNullable<Source["last_run"]> }): ReactNode {
  return (
    <span className="cell-lines">
      {numberWords(run.entries)}
      <span className="sub">{runWord(run.kind)}</span>
    </span>
  );
}
