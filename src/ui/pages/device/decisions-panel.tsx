import { useState, type ReactNode } from "react";

import type { Assertion } from "../../calls/device-acts.ts";
import { useRefusal } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import { Panel } from "../../parts/panel.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { RevokeDialog } from "./act-dialog.tsx";
import { decisionWords } from "./outcome-words.ts";

type DecisionsPanelProps = { readonly tenant: string; readonly decisions: readonly Assertion[] };

/** What operators decided of a device; each can be taken back. */
export function DecisionsPanel({ tenant, decisions }: DecisionsPanelProps): ReactNode {
  const refusal = useRefusal(tenant, "operator");
  const [revoking, setRevoking] = useState<number | undefined>(undefined);
  if (decisions.length === 0) return null;
  return (
    <Panel title="Decisions" padded={false}>
      <Table
        caption="Decisions"
        columns={[
          { id: "no", title: "No.", isNumber: true, cell: ({ assertion_no: no }: Assertion) => no },
          {
            id: "what",
            title: "Decision",
            cell: (one: Assertion) => (
              <span className="cell-lines">
                <span>{decisionWords(one)}</span>
                {one.made.reason !== "" && <span className="sub">{one.made.reason}</span>}
              </span>
            ),
          },
          {
            id: "state",
            title: "State",
            cell: ({ state }: Assertion) =>
              state === "standing" ? (
                <StatusBadge tone="good">Stands</StatusBadge>
              ) : (
                <StatusBadge tone="idle" icon="ended">
                  Taken back
                </StatusBadge>
              ),
          },
          { id: "by", title: "By", cell: ({ made }: Assertion) => made.by },
          { id: "at", title: "When", cell: ({ made }: Assertion) => <TimeAgo at={made.at} /> },
          {
            id: "act",
            title: "Act",
            isNumber: true,
            cell: ({ state, assertion_no: no }: Assertion) =>
              state === "standing" && (
                <Button refusal={refusal} onClick={() => setRevoking(no)}>
                  Take back
                </Button>
              ),
          },
        ]}
        rows={decisions}
        rowKey={({ assertion_no: no }) => String(no)}
      />
      <RevokeDialog tenant={tenant} assertionNo={revoking} onClose={() => setRevoking(undefined)} />
    </Panel>
  );
}
