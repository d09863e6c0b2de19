import type { ReactNode } from "react";

import type { Refusal } from "../calls/agent-acts.ts";
import { numberWords } from "../parts/number-words.ts";
import { Table } from "../parts/table.tsx";
import { TimeAgo } from "../parts/time-ago.tsx";

type RefusalTableProps = { readonly caption: string; readonly refusals: readonly Refusal[] };

/** What the gateway refused, counted by kind. */
export function RefusalTable({ caption, refusals }: RefusalTableProps): ReactNode {
  return (
    <Table
      caption={caption}
      columns={[
        {
          id: "agent",
          title: "Says it is",
          cell: ({ agent_id: id }: Refusal) => (id === "" ? <span className="muted">–</span> : id),
        },
        { id: "code", title: "Answer", cell: ({ code }: Refusal) => <code>{code}</code> },
        {
          id: "why",
          title: "Why",
          cell: ({ message }: Refusal) => <span className="wrap-anywhere">{message}</span>,
        },
        {
          id: "times",
          title: "Times",
          isNumber: true,
          cell: ({ refused }: Refusal) => numberWords(refused),
        },
        { id: "last", title: "Last", cell: ({ last_at: at }: Refusal) => <TimeAgo at={at} /> },
      ]}
      rows={refusals}
      rowKey={({ agent_id: id, code, message }) => `${id} ${code} ${message}`}
    />
  );
}
