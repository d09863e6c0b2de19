import { Building2, ShieldX } from "lucide-react";
import type { ReactNode } from "react";

import { strangersQuery, tenantHealthQuery } from "../../calls/platform.ts";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { RefusalTable } from "../refusal-table.tsx";

/** Whom the gateway turned away: peers of no tenant one by one, agents of tenants as a sum each. */
export function RefusalsPage(): ReactNode {
  return (
    <>
      <PageHeader title="Refusals" about="Whom the gateway turned away, and why." />
      <PagedList
        title="Peers of no known tenant"
        pageQuery={strangersQuery}
        find="Agent, answer or reason"
        empty={
          <EmptyState icon={ShieldX} title="Nobody was turned away">
            A peer whose certificate no tenant&apos;s authority signed would stand here.
          </EmptyState>
        }
      >
        {(refusals) => <RefusalTable caption="Peers of no known tenant" refusals={refusals} />}
      </PagedList>
      <PagedList
        title="Agents of tenants"
        pageQuery={tenantHealthQuery}
        find="Tenant"
        empty={<EmptyState icon={Building2} title="No tenants yet" />}
      >
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
      </PagedList>
    </>
  );
}
