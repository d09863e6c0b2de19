import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { refusalsQuery } from "../../calls/agent-acts.ts";
import { agentsPageQuery } from "../../calls/agents.ts";
import { overviewQuery } from "../../calls/standing.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { migrationSteps, OLD_COMPONENT, type MigrationStep } from "./migration-steps.ts";

/** Agents that are named where one is enough. */
const AGENTS_NAMED = 3;

/** From the standalone sync to the agent: five steps, as far as they are done. */
export function MigrationPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const overview = useQuery(overviewQuery(tenant));
  const online = useQuery(agentsPageQuery(tenant, {}, { state: "online", limit: AGENTS_NAMED }));
  const old = useQuery(refusalsQuery(tenant, { q: OLD_COMPONENT }));
  const facts =
    overview.data === undefined || online.data === undefined || old.data === undefined
      ? undefined
      : {
          of: overview.data,
          online: online.data.rows.map(({ agent_id: id }) => id),
          refusals: old.data.rows,
        };
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
            error: overview.error ?? online.error ?? old.error,
            refetch: () => Promise.all([overview, online, old].map((one) => one.refetch())),
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
