import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { sourceChangesQuery, type AuditEntry } from "../../calls/audit.ts";
import { useRefusal } from "../../calls/session.ts";
import { capital } from "../../parts/capital.ts";
import type { Column } from "../../parts/column.ts";
import { Refused } from "../../parts/refused.tsx";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { historyLines } from "./differences.ts";

const COLUMNS: readonly Column<AuditEntry>[] = [
  { id: "at", title: "When", cell: ({ at }) => <TimeAgo at={at} /> },
  { id: "actor", title: "Who", cell: ({ actor }) => actor },
  { id: "action", title: "What", cell: ({ action }) => capital(action.replace("source.", "")) },
  { id: "changes", title: "Changes", cell: (entry) => <Differences entry={entry} /> },
];

/** Every change of a source, who made it, and what it was before. */
export function SourceHistory({
  tenant,
  name,
}: {
  readonly tenant: string;
  readonly name: string;
}): ReactNode {
  const refusal = useRefusal(tenant, "admin");
  const query = useQuery({ ...sourceChangesQuery(tenant, name), enabled: refusal === undefined });
  if (refusal !== undefined) return <Refused why={refusal} />;
  return (
    <div className="panel">
      <Loaded query={query}>
        {(entries) =>
          entries.length === 0 ? (
            <div className="panel-body muted">Nothing was noted of it.</div>
          ) : (
            <Table
              caption="History"
              columns={COLUMNS}
              rows={entries}
              rowKey={({ audit_no: no }) => String(no)}
            />
          )
        }
      </Loaded>
    </div>
  );
}

function Differences({ entry }: { readonly entry: AuditEntry }): ReactNode {
  const lines = historyLines(entry);
  if (lines.length === 0) return <span className="muted">–</span>;
  return (
    <ul className="cell-lines">
      {lines.map(({ member, text }) => (
        <li key={`${member} ${text}`} className="wrap-anywhere">
          <span className="muted">{member}:</span> {text}
        </li>
      ))}
    </ul>
  );
}
