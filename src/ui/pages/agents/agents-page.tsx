import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Activity, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { refusalsQuery, revokeAgent, type Refusal } from "../../calls/agent-acts.ts";
import { agentsQuery, type Agent } from "../../calls/agents.ts";
import { useMay } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import type { Column } from "../../parts/column.ts";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { agentColumns } from "./agent-columns.tsx";
import { agentDiagnoses } from "./diagnoses.ts";
import { DiagnosisPanel } from "./diagnosis-panel.tsx";
import { EnrolDialog } from "./enrol-dialog.tsx";

/** All agents of a tenant: who they are, what they run, what was refused to them. */
export function AgentsPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const query = useQuery(agentsQuery(tenant));
  const { data: refusals = [] } = useQuery(refusalsQuery(tenant));
  const may = useMay(tenant, "admin");
  const [isEnrolling, setIsEnrolling] = useState(false);
  const [revoking, setRevoking] = useState<string | undefined>(undefined);
  const enrol = (
    <Button
      kind="primary"
      refusal={may ? undefined : "This needs the role admin."}
      onClick={() => setIsEnrolling(true)}
    >
      <Plus size={15} aria-hidden />
      Enrol an agent
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Agents"
        about="Programs in your networks that pull the sources."
        acts={enrol}
      />
      <DiagnosisPanel
        title="What keeps agents from working"
        of={agentDiagnoses({ agents: query.data ?? [], refusals }, pageNowMs())}
      />
      <Panel padded={false}>
        <Loaded query={query}>
          {(agents) =>
            agents.length === 0 ? (
              <EmptyState icon={Activity} title="No agents yet" acts={enrol}>
                An agent runs in the network of your sources and needs one way out: to the gateway,
                port 50052.
              </EmptyState>
            ) : (
              <AgentTable
                tenant={tenant}
                agents={agents}
                refusals={refusals}
                onRevoke={setRevoking}
              />
            )
          }
        </Loaded>
      </Panel>
      <EnrolDialog tenant={tenant} isOpen={isEnrolling} onClose={() => setIsEnrolling(false)} />
      <RevokeAgentDialog
        key={revoking}
        tenant={tenant}
        agent={revoking}
        onClose={() => setRevoking(undefined)}
      />
    </>
  );
}

type AgentTableProps = {
  readonly tenant: string;
  readonly agents: readonly Agent[];
  readonly refusals: readonly Refusal[];
  readonly onRevoke: (agent: string) => void;
};

function AgentTable({ tenant, agents, refusals, onRevoke }: AgentTableProps): ReactNode {
  const may = useMay(tenant, "admin");
  const columns: readonly Column<Agent>[] = [
    ...agentColumns(tenant, refusals),
    {
      id: "act",
      title: "Act",
      isNumber: true,
      cell: ({ agent_id: id, state }) =>
        state !== "revoked" && (
          <Button
            kind="danger"
            refusal={may ? undefined : "This needs the role admin."}
            onClick={() => onRevoke(id)}
          >
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
