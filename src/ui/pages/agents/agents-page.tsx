import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Activity, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { lastRefusalsQuery, refusalsQuery, revokeAgent } from "../../calls/agent-acts.ts";
import { agentsOfQuery, agentsPageQuery, type Agent } from "../../calls/agents.ts";
import { useRefusal } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import type { Column } from "../../parts/column.ts";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Refused } from "../../parts/refused.tsx";
import { EmptyState, Skeleton } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { RefusalTable } from "../refusal-table.tsx";
import { agentColumns } from "./agent-columns.tsx";
import { agentDiagnoses } from "./diagnoses.ts";
import { DiagnosisPanel } from "./diagnosis-panel.tsx";
import { EnrolDialog } from "./enrol-dialog.tsx";

const route = getRouteApi("/t/$tenant/agents");
/** In the address, where nobody is enrolled again. No agent can be called so. */
const NEW_AGENT = "+";
/** The page that each list begins with, as the list asks for it: what is asked here is there already. */
const FIRST = { q: "" };
/** Until they come. */
const NONE = { rows: [] };

/** All agents of a tenant: who they are, what they run, what was refused to them. */
export function AgentsPage(): ReactNode {
  const { tenant } = route.useParams();
  const { enrol: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: needing, isPending: isLooking } = useQuery(
    agentsPageQuery(tenant, {}, { attention: true }),
  );
  const { data: { rows: refusals } = NONE, isPending: isCounting } = useQuery(
    refusalsQuery(tenant, FIRST),
  );
  const { isPending: isListing } = useQuery(agentsPageQuery(tenant, FIRST));
  const refusal = useRefusal(tenant, "admin");
  const refused = refusals.map(({ agent_id: id }) => id);
  const { data: named = [], isLoading: isNaming } = useQuery(agentsOfQuery(tenant, refused));
  // Known once, it stays: another agent that is refused later takes no list away.
  const [isKnown, setKnown] = useState(false);
  if (!isKnown && ![isLooking, isCounting, isListing, isNaming].includes(true)) setKnown(true);
  const { data: ofWanted } = useQuery(agentsOfQuery(tenant, [wanted ?? ""]));
  const known = [
    ...named,
    ...(needing?.rows ?? []).filter((one) =>
      named.every((other) => other.agent_id !== one.agent_id),
    ),
  ];
  const setEnrolling = (agent: string | undefined): void =>
    void navigate({ search: { enrol: agent }, replace: true });
  const [revoking, setRevoking] = useState<string | undefined>(undefined);
  const enrol = <EnrolButton tenant={tenant} onClick={() => setEnrolling(NEW_AGENT)} />;
  return (
    <>
      <PageHeader
        title="Agents"
        about="Programs in your networks that pull the sources."
        acts={enrol}
      />
      {wanted !== undefined && <Refused why={refusal} />}
      <DiagnosisPanel
        title="What keeps agents from working"
        of={isKnown ? agentDiagnoses({ agents: known, refusals }, pageNowMs()) : []}
        act={({ enrol: agent }) =>
          known.some(({ agent_id: id }) => id === agent) && (
            <EnrolAgain tenant={tenant} onClick={() => setEnrolling(agent)} />
          )
        }
      />
      {/* What stands above them is known first, so that they do not jump. */}
      {isKnown ? (
        <AgentLists tenant={tenant} enrol={enrol} onRevoke={setRevoking} />
      ) : (
        <Panel>
          <Skeleton lines={4} />
        </Panel>
      )}
      {wanted !== undefined && refusal === undefined && ofWanted !== undefined && (
        <EnrolDialog
          key={wanted}
          tenant={tenant}
          again={ofWanted.find(({ agent_id: id }) => id === wanted)}
          onClose={() => setEnrolling(undefined)}
        />
      )}
      <RevokeAgentDialog
        key={revoking}
        tenant={tenant}
        agent={revoking}
        onClose={() => setRevoking(undefined)}
      />
    </>
  );
}

type AgentListsProps = {
  readonly tenant: string;
  readonly enrol: ReactNode;
  readonly onRevoke: (agent: string) => void;
};

function AgentLists({ tenant, enrol, onRevoke }: AgentListsProps): ReactNode {
  return (
    <>
      <PagedList
        pageQuery={(page) => agentsPageQuery(tenant, page)}
        find="Agent or host"
        empty={<NoAgents acts={enrol} />}
      >
        {(agents) => <AgentTable {...{ tenant, agents, onRevoke }} />}
      </PagedList>
      <PagedList
        title="Refused calls"
        pageQuery={(page) => refusalsQuery(tenant, page)}
        find="Agent, answer or reason"
        empty={<p className="panel-body muted">No call of these agents was refused.</p>}
      >
        {(page) => <RefusalTable caption="Refused calls" refusals={page} />}
      </PagedList>
    </>
  );
}

function NoAgents({ acts }: { readonly acts: ReactNode }): ReactNode {
  return (
    <EmptyState icon={Activity} title="No agents yet" acts={acts}>
      An agent runs in the network of your sources and needs one way out: to the gateway, port
      50052.
    </EmptyState>
  );
}

type EnrolButtonProps = { readonly tenant: string; readonly onClick: () => void };

function EnrolButton({ tenant, onClick }: EnrolButtonProps): ReactNode {
  const refusal = useRefusal(tenant, "admin");
  return (
    <Button kind="primary" refusal={refusal} onClick={onClick}>
      <Plus size={15} aria-hidden />
      Enrol an agent
    </Button>
  );
}

function EnrolAgain({ tenant, onClick }: EnrolButtonProps): ReactNode {
  const refusal = useRefusal(tenant, "admin");
  return (
    <Button refusal={refusal} onClick={onClick}>
      Enrol again
    </Button>
  );
}

type AgentTableProps = {
  readonly tenant: string;
  readonly agents: readonly Agent[];
  readonly onRevoke: (agent: string) => void;
};

function AgentTable({ tenant, agents, onRevoke }: AgentTableProps): ReactNode {
  const ids = agents.map(({ agent_id: id }) => id);
  const { data: refusals } = useQuery(lastRefusalsQuery(tenant, ids));
  const refusal = useRefusal(tenant, "admin");
  const columns: readonly Column<Agent>[] = [
    ...agentColumns(tenant, refusals),
    {
      id: "act",
      title: "Act",
      isNumber: true,
      cell: ({ agent_id: id, state }) =>
        state !== "revoked" && (
          <Button kind="danger" refusal={refusal} onClick={() => onRevoke(id)}>
            Revoke
          </Button>
        ),
    },
  ];
  return (
    <Table caption="Agents" columns={columns} rows={agents} rowKey={({ agent_id: id }) => id} />
  );
}

type RevokeAgentDialogProps = {
  readonly tenant: string;
  readonly agent: string | undefined;
  readonly onClose: () => void;
};

function RevokeAgentDialog({ tenant, agent, onClose }: RevokeAgentDialogProps): ReactNode {
  return (
    <ConfirmDialog
      title={`Revoke ${agent ?? ""}`}
      about="Its certificates end, on open streams too; its sources are not pulled any more. Enrolling it again lets it in with a new certificate."
      act="Revoke"
      typed={agent ?? ""}
      isOpen={agent !== undefined}
      onClose={onClose}
      onConfirm={() => revokeAgent(tenant, agent ?? "")}
    />
  );
}
