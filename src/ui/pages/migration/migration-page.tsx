import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { refusalsQuery } from "../../calls/agent-acts.ts";
import { agentsQuery } from "../../calls/agents.ts";
import { sourcesQuery } from "../../calls/sources.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { migrationSteps, type MigrationStep } from "./migration-steps.ts";

/** From the standalone sync to the agent: five steps, as far as they are done. */
export function MigrationPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const agents = useQuery(agentsQuery(tenant));
  const sources = useQuery(sourcesQuery(tenant));
  const { data: refusals = [] } = useQuery(refusalsQuery(tenant));
  const facts =
    agents.data === undefined || sources.data === undefined
      ? undefined
      : { agents: agents.data, sources: sources.data, refusals };
  return (
    <>
      <PageHeader
        title="Migration"
        about="From the standalone sync service to the agent, in five steps."
      />
      <Panel padded={false}>
        <Loaded
          query={{
            data: facts,
            error: agents.error ?? sources.error,
            refetch: () => Promise.all([agents.refetch(), sources.refetch()]),
          }}
        >
          {(known) => (
            <ol className="checklist">
              {migrationSteps(known, pageNowMs()).map((step) => (
                <Step key={step.id} tenant={tenant} step={step} />
              ))}
            </ol>
          )}
        </Loaded>
      </Panel>
    </>
  );
}

const STATES = {
  done: ["good", "Done"],
  open: ["warn", "Open"],
  yours: ["idle", "Check yourself"],
} as const;

function Step({
  tenant,
  step,
}: {
  readonly tenant: string;
  readonly step: MigrationStep;
}): ReactNode {
  const [tone, word] = STATES[step.state];
  return (
    <li>
      <div>
        <strong>{step.title}</strong>
        <p className="small">{step.evidence}</p>
        {step.state !== "done" && <p className="muted small">{step.act}</p>}
      </div>
      <div className="checklist-end">
        <StatusBadge tone={tone}>{word}</StatusBadge>
        {step.state === "open" && step.to !== undefined && (
          <Link to={step.to} params={{ tenant }} className="small">
            Go there
          </Link>
        )}
      </div>
    </li>
  );
}
