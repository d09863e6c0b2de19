import { keepPreviousData, useQuery, type UseQueryOptions } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useState, type ReactNode } from "react";

import type { AuditEntry, AuditPage, AuditWanted } from "../../calls/people.ts";
import { Button } from "../../parts/button.tsx";
import { TextField } from "../../parts/fields.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";

type AuditLogProps = {
  /** Asks for a page of it. */
  readonly pageQuery: (
    wanted: AuditWanted,
  ) => Pick<UseQueryOptions<AuditPage>, "queryKey" | "queryFn">;
};

/** Changes with their filter, page by page. */
export function AuditLog({ pageQuery }: AuditLogProps): ReactNode {
  const [actor, setActor] = useState("");
  const [action, setAction] = useState("");
  /** Where each page that was looked at begins; the last is the one that is shown. */
  const [cursors, setCursors] = useState<readonly (string | undefined)[]>([undefined]);
  const wanted = { actor: actor.trim(), action: action.trim(), after: cursors.at(-1) };
  const query = useQuery<AuditPage>({ ...pageQuery(wanted), placeholderData: keepPreviousData });
  const filter = (set: (text: string) => void) => (text: string) => {
    set(text);
    setCursors([undefined]);
  };
  return (
    <>
      <div className="columns-2 filters">
        <TextField
          label="Who"
          placeholder="user:alice"
          data-search
          value={actor}
          onChange={filter(setActor)}
        />
        <TextField
          label="What"
          placeholder="source, or source.change"
          value={action}
          onChange={filter(setAction)}
        />
      </div>
      <Panel padded={false}>
        <Loaded query={query}>
          {({ entries, next }) => (
            <>
              <Entries entries={entries} />
              <div className="table-foot">
                <span>{cursors.length === 1 ? "The newest" : `Page ${cursors.length}`}</span>
                <span className="row">
                  <Button
                    disabled={cursors.length === 1}
                    onClick={() => setCursors(cursors.slice(0, -1))}
                  >
                    Newer
                  </Button>
                  <Button
                    disabled={next === undefined}
                    onClick={() => setCursors([...cursors, next])}
                  >
                    Older
                  </Button>
                </span>
              </div>
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }): ReactNode {
  if (entries.length === 0) {
    return (
      <EmptyState icon={History} title="No change passes">
        Who is written as user:NAME or token:NAME, what as noun or noun.verb.
      </EmptyState>
    );
  }
  return (
    <Table
      caption="Changes"
      columns={[
        { id: "at", title: "When", cell: ({ at }: AuditEntry) => <TimeAgo at={at} /> },
        { id: "who", title: "Who", cell: ({ actor }: AuditEntry) => actor },
        { id: "what", title: "What", cell: ({ action }: AuditEntry) => <code>{action}</code> },
        {
          id: "of",
          title: "Of",
          cell: ({ subject }: AuditEntry) => <span className="wrap-anywhere">{subject}</span>,
        },
        {
          id: "change",
          title: "Before and after",
          cell: ({ before, after }: AuditEntry) =>
            before === undefined && after === undefined ? (
              <span className="muted">–</span>
            ) : (
              <details className="payload">
                <summary>Show</summary>
                <pre tabIndex={0}>{JSON.stringify({ before, after }, undefined, 2)}</pre>
              </details>
            ),
        },
      ]}
      rows={entries}
      rowKey={({ audit_no: no }) => String(no)}
    />
  );
}
