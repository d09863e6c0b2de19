import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Building2, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { tenantHealthQuery, type TenantHealth } from "../../calls/platform.ts";
import { sessionQuery } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import type { Column } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { ShownBadge } from "../shown-badge.tsx";
import { NewTenantDialog } from "./new-tenant-dialog.tsx";
import { healthShown } from "./tenant-health.ts";

/** Every tenant and whether it works; its devices are behind a role in it. */
export function PlatformTenantsPage(): ReactNode {
  const { data: session } = useQuery(sessionQuery);
  const [isMaking, setIsMaking] = useState(false);
  const own = new Set(session?.tenants.map(({ slug }) => slug) ?? []);
  return (
    <>
      <PageHeader
        title="Tenants"
        about="Whose inventories this core keeps, each apart from the others, and whether they work."
        acts={
          <Button kind="primary" onClick={() => setIsMaking(true)}>
            <Plus size={15} aria-hidden />
            Make a tenant
          </Button>
        }
      />
      <PagedList
        pageQuery={tenantHealthQuery}
        find="Tenant"
        empty={<EmptyState icon={Building2} title="No tenants yet" />}
      >
        {(tenants) => (
          <Table
            caption="Tenants"
            columns={columnsOf(own)}
            rows={tenants}
            rowKey={({ slug }) => slug}
          />
        )}
      </PagedList>
      <NewTenantDialog isOpen={isMaking} onClose={() => setIsMaking(false)} />
    </>
  );
}

function columnsOf(own: ReadonlySet<string>): readonly Column<TenantHealth>[] {
  return [
    {
      id: "tenant",
      title: "Tenant",
      cell: ({ slug, name }) => (
        <span className="cell-lines">
          <span className="name">
            {own.has(slug) ? (
              <Link to="/t/$tenant" params={{ tenant: slug }}>
                {slug}
              </Link>
            ) : (
              slug
            )}
          </span>
          {name !== slug && <span className="sub">{name}</span>}
          {!own.has(slug) && <span className="sub">you have no role here</span>}
        </span>
      ),
    },
    {
      id: "health",
      title: "Health",
      cell: (tenant) => <Health of={tenant} />,
    },
    {
      id: "agents",
      title: "Agents",
      isNumber: true,
      cell: ({ agents }) => `${agents.online} of ${agents.total}`,
    },
    {
      id: "sources",
      title: "Sources",
      isNumber: true,
      cell: ({ source_counts: { total, disabled } }) => `${total - disabled} of ${total}`,
    },
    {
      id: "devices",
      title: "Devices",
      isNumber: true,
      cell: ({ devices }) => numberWords(devices),
    },
    {
      id: "waiting",
      title: "Waiting",
      isNumber: true,
      cell: ({ inbox: { waiting } }) => numberWords(waiting),
    },
    {
      id: "run",
      title: "Newest run",
      cell: ({ freshness: { newest_run_at: at } }) =>
        at === undefined ? <span className="muted">never</span> : <TimeAgo at={at} />,
    },
    {
      id: "authority",
      title: "Authority ends",
      cell: ({ authority_not_after: at }) => (at === undefined ? "–" : <TimeAgo at={at} />),
    },
  ];
}

function Health({ of: tenant }: { readonly of: TenantHealth }): ReactNode {
  const { why, ...shown } = healthShown(tenant, pageNowMs());
  return (
    <span className="cell-lines">
      <span>
        <ShownBadge of={shown} />
      </span>
      {why !== undefined && <span className="sub">{why}</span>}
    </span>
  );
}
