import { useQuery } from "@tanstack/react-query";
import { Info } from "lucide-react";
import type { ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { agentsQuery } from "../../calls/agents.ts";
import { runQuery } from "../../calls/runs.ts";
import type { Source } from "../../calls/sources.ts";
import { inboxQuery, tenantQuery } from "../../calls/standing.ts";
import { Figure } from "../../parts/figure.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { NextRunCell } from "./next-run-cell.tsx";
import { nextRun, type NextRun } from "./next-run.ts";
import { RunProgress } from "./run-progress.tsx";

type SourceStandingProps = { readonly tenant: string; readonly source: Source };

/** Fresh or not, how much it sees, what comes next, and why not. */
export function SourceStanding({ tenant, source }: SourceStandingProps): ReactNode {
  const { data: overview } = useQuery(tenantQuery(tenant));
  const { data: agents } = useQuery(agentsQuery(tenant));
  const devices = overview?.devices_by_source.find(({ id }) => id === source.id)?.devices;
  const agent = agents?.find(({ agent_id: id }) => id === source.agent_id);
  const next = agents === undefined ? undefined : nextRun(source, agent, pageNowMs());
  const run = source.last_run;
  // What a pause means is of no use before the first run: the page says by itself how to go on.
  const isNew = !source.enabled && run === undefined;
  return (
    <>
      {next?.kind === "blocked" && !isNew && <WhyNot of={next} />}
      {run?.error !== undefined && run.outcome !== "success" && (
        <p className="notice" data-tone="bad">
          {run.error}
        </p>
      )}
      {run?.outcome === "running" && <Progress tenant={tenant} run={run.run_no} />}
      <div className="figures">
        <Figure
          label="Devices that it sees"
          value={devices ?? (overview === undefined ? undefined : 0)}
          note="in the inventory"
        />
        <Figure
          label="Last run sent"
          value={run?.entries}
          note={run === undefined ? "no run yet" : <TimeAgo at={run.ended_at ?? run.started_at} />}
        />
        <Figure
          label="Polls every"
          value={source.poll_interval}
          note={`discovers every ${source.discovery_interval}`}
        />
        <div className="figure">
          <span className="label">Next run</span>
          <span className="value-words">
            {next === undefined ? (
              "–"
            ) : next.kind === "blocked" ? (
              "not planned"
            ) : (
              <NextRunCell of={next} />
            )}
          </span>
          <span className="note">by {source.agent_id}</span>
        </div>
      </div>
    </>
  );
}

function WhyNot({
  of: { why },
}: {
  readonly of: Extract<NextRun, { kind: "blocked" }>;
}): ReactNode {
  return (
    <div className="notice" data-tone={why.tone}>
      <Info size={17} aria-hidden />
      <div>
        <strong>{why.title}</strong>
        <p>{why.about}</p>
      </div>
    </div>
  );
}

function Progress({ tenant, run }: { readonly tenant: string; readonly run: number }): ReactNode {
  const { data } = useQuery(runQuery(tenant, String(run)));
  const { data: inbox } = useQuery(inboxQuery(tenant));
  return data === undefined ? null : <RunProgress run={data} waiting={inbox?.waiting ?? 0} />;
}
