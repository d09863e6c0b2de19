import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Info } from "lucide-react";
import type { ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { agentsOfQuery } from "../../calls/agents.ts";
import { runQuery } from "../../calls/runs.ts";
import { useRefusal } from "../../calls/session.ts";
import type { Source } from "../../calls/sources.ts";
import { inboxQuery, tenantQuery } from "../../calls/standing.ts";
import { Button } from "../../parts/button.tsx";
import { Figure } from "../../parts/figure.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { runWord } from "../run-words.ts";
import { NextRunCell } from "./next-run-cell.tsx";
import { nextRun, type NextRun } from "./next-run.ts";
import { RunProgress } from "./run-progress.tsx";

/** Whether the reason why it does not run has a failure's words in it already. */
function isTold(next: NextRun | undefined, error: string): boolean {
  return next?.kind === "blocked" && next.why.about.includes(error);
}

type SourceStandingProps = { readonly tenant: string; readonly source: Source };

/** Fresh or not, how much it sees, what comes next, and why not. */
export function SourceStanding({ tenant, source }: SourceStandingProps): ReactNode {
  const { data: overview } = useQuery(tenantQuery(tenant));
  const { data: agents } = useQuery(agentsOfQuery(tenant, [source.agent_id]));
  const devices = overview?.devices_by_source.find(({ id }) => id === source.id)?.devices;
  const agent = agents?.find(({ agent_id: id }) => id === source.agent_id);
  const next = agents === undefined ? undefined : nextRun(source, agent, pageNowMs());
  const run = source.last_run;
  // What a pause means is of no use before the first run: the page says by itself how to go on.
  const isNew = !source.enabled && run === undefined;
  return (
    <>
      {next?.kind === "blocked" && !isNew && <WhyNot of={next} tenant={tenant} source={source} />}
      {run?.error !== undefined && run.outcome !== "success" && !isTold(next, run.error) && (
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
          label={`Last ${runWord(run?.kind ?? "")}: records sent`}
          value={run?.entries}
          note={run === undefined ? "no run yet" : <TimeAgo at={run.ended_at ?? run.started_at} />}
        />
        <Figure
          label="Poll every"
          value={source.poll_interval}
          note={`discovery, which reads everything, every ${source.discovery_interval}`}
        />
        <div className="figure">
          <span className="label">Next run</span>
          <span className="value-words">
            <Next of={next} />
          </span>
          <span className="note">by {source.agent_id}</span>
        </div>
      </div>
    </>
  );
}

function Next({ of }: { readonly of: NextRun | undefined }): ReactNode {
  if (of === undefined) return "–";
  if (of.kind !== "blocked") return <NextRunCell of={of} />;
  return of.why.at === undefined ? "not planned" : <TimeAgo at={of.why.at} />;
}

type WhyNotProps = SourceStandingProps & { readonly of: Extract<NextRun, { kind: "blocked" }> };

function WhyNot({ of: { why }, tenant, source }: WhyNotProps): ReactNode {
  return (
    <div className="notice" data-tone={why.tone}>
      <Info size={17} aria-hidden />
      <div>
        <strong>{why.title}</strong>
        <p>{why.about}</p>
      </div>
      <WhatHelps act={why.act} tenant={tenant} source={source} />
    </div>
  );
}

type HelpfulAct = NonNullable<Extract<NextRun, { kind: "blocked" }>["why"]["act"]>;

const WHAT_HELPS: Readonly<Record<HelpfulAct, (agent: string) => string>> = {
  enrol: (agent) => `Enrol ${agent}`,
  agent: (agent) => `Look at ${agent}`,
  test: () => "Test it",
  move: () => "Give it another agent",
};

type WhatHelpsProps = SourceStandingProps & {
  readonly act: HelpfulAct | undefined;
};

/** The way to what mends it. */
function WhatHelps({ act, tenant, source: { name, agent_id: agent } }: WhatHelpsProps): ReactNode {
  const ofAdmin = useRefusal(tenant, "admin");
  const ofOperator = useRefusal(tenant, "operator");
  if (act === undefined) return null;
  const words = WHAT_HELPS[act](agent);
  // Looking is everybody's; what it leads to may not be.
  const refusal = act === "agent" ? undefined : act === "enrol" ? ofAdmin : ofOperator;
  if (refusal !== undefined) return <Button refusal={refusal}>{words}</Button>;
  if (act === "enrol" || act === "agent") {
    return (
      <Link
        to="/t/$tenant/agents"
        params={{ tenant }}
        search={act === "enrol" ? { enrol: agent } : {}}
        className="button"
      >
        {words}
      </Link>
    );
  }
  return (
    <Link
      to="/t/$tenant/sources/$source"
      params={{ tenant, source: name }}
      search={{ tab: act === "test" ? "test" : "settings" }}
      className="button"
    >
      {words}
    </Link>
  );
}

function Progress({ tenant, run }: { readonly tenant: string; readonly run: number }): ReactNode {
  const { data } = useQuery(runQuery(tenant, String(run)));
  const { data: inbox } = useQuery(inboxQuery(tenant));
  return data === undefined ? null : <RunProgress run={data} waiting={inbox?.waiting ?? 0} />;
}
