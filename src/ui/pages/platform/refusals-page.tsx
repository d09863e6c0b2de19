import { useQuery } from "@tanstack/react-query";
import { ShieldX } from "lucide-react";
import type { ReactNode } from "react";

import type { Refusal } from "../../calls/agent-acts.ts";
import { strangersQuery, tenantHealthQuery } from "../../calls/platform.ts";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";

/** Whom the gateway turned away: peers of no tenant one by one, agents of tenants as a sum each. */
export function RefusalsPage(): ReactNode {
  const strangers = useQuery(strangersQuery);
  const tenants = useQuery(tenantHealthQuery);
  return (
    <>
      <PageHeader title="Refusals" about="Whom the gateway turned away, and why." />
      <Panel title="Peers of no known tenant" padded={false}>
        <Loaded query={strangers}>
          {(refusals) =>
            refusals.length === 0 ? (
              <EmptyState icon={ShieldX} title="Nobody was turned away">
                A peer whose certificate no tenant&apos;s authority signed would stand here.
              </EmptyState>
            ) : (
              <StrangerTable refusals={refusals} />
            )
          }
        </Loaded>
      </Panel>
      <Panel title="Agents of tenants" padded={false}>
        <Loaded query={tenants}>
          {(all) => (
            <Table
              caption="Agents of tenants"
              columns={[
                {
                  id: "tenant",
                  title: "Tenant",
                  cell: ({ slug }) => <span className="name">{slug}</span>,
                },
                {
                  id: "refused",
                  title: "Calls refused",
                  isNumber: true,
                  cell: ({ refused }) => numberWords(refused),
                },
                {
                  id: "last",
                  title: "Last",
                  cell: ({ refused_at: at }) =>
                    at === undefined ? <span className="muted">never</span> : <TimeAgo at={at} />,
                },
              ]}
              rows={all}
              rowKey={({ slug }) => slug}
            />
          )}
        </Loaded>
      </Panel>
    </>
  );
}

function StrangerTable({ refusals }: { readonly refusals: readonly Refusal[] }): ReactNode {
  return (
    <Table
      caption="Peers of no known tenant"
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
