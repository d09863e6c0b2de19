import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { rehearsalChangesQuery, type RehearsalChange } from "../../calls/rehearsals.ts";
import { Button } from "../../parts/button.tsx";
import type { Column } from "../../parts/column.ts";
import { Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { changeWords } from "./change-words.ts";

type RehearsalChangesProps = {
  readonly tenant: string;
  readonly no: number;
  readonly kind: string;
};

const COLUMNS: readonly Column<RehearsalChange>[] = [
  {
    id: "device",
    title: "Device",
    cell: ({ hostname, ip, id, native_id: native }) => hostname ?? ip ?? native ?? id ?? "–",
  },
  { id: "ip", title: "Address", cell: ({ ip }) => ip ?? "–" },
  {
    id: "what",
    title: "What",
    cell: (change) => <span className="wrap-anywhere">{changeWords(change)}</span>,
  },
];

/** Changes of one kind, page by page. */
export function RehearsalChanges({ tenant, no, kind }: RehearsalChangesProps): ReactNode {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const query = useQuery(rehearsalChangesQuery(tenant, { no, kind, after: cursors.at(-1) }));
  const next = query.data?.next;
  return (
    <div className="panel">
      <Loaded query={query}>
        {({ changes }) =>
          changes.length === 0 ? (
            <div className="panel-body muted">None.</div>
          ) : (
            <Table
              caption="Changes"
              columns={COLUMNS}
              rows={changes}
              rowKey={(change) => JSON.stringify(change)}
            />
          )
        }
      </Loaded>
      {(cursors.length > 0 || next !== undefined) && (
        <div className="table-foot">
          <Button
            kind="quiet"
            disabled={cursors.length === 0}
            onClick={() => setCursors(cursors.slice(0, -1))}
          >
            Previous
          </Button>
          <Button
            kind="quiet"
            disabled={next === undefined}
            onClick={() => next !== undefined && setCursors([...cursors, next])}
          >
            Next
          </Button>
        </div>
      )}
    </div>
  );
}
