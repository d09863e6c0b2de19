import { ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";

import { pageNowMs } from "../../../lib/page-clock.ts";
import { authoritiesQuery, type Authority } from "../../calls/platform.ts";
import type { Column } from "../../parts/column.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";

/** An authority that ends within this time cannot certify an agent for its usual year, ms. */
const SOON_MS = 90 * 86_400_000;
/** Hexadecimal digits of a key's hash that tell it from others. */
const HASH_SHOWN = 16;

/** Which authorities certify whose agents, and until when. */
export function AuthoritiesPage(): ReactNode {
  return (
    <>
      <PageHeader
        title="Authorities"
        about="Whose signature makes a certificate an agent's, and of which tenant."
      />
      <PagedList
        pageQuery={authoritiesQuery}
        find="Tenant"
        empty={
          <EmptyState icon={ShieldCheck} title="No authorities">
            A tenant gets one when it is made.
          </EmptyState>
        }
      >
        {(all) => (
          <Table
            caption="Authorities"
            columns={COLUMNS}
            rows={all}
            rowKey={({ tenant, no }) => `${tenant} ${no}`}
          />
        )}
      </PagedList>
    </>
  );
}

const COLUMNS: readonly Column<Authority>[] = [
  { id: "tenant", title: "Tenant", cell: ({ tenant }) => <span className="name">{tenant}</span> },
  {
    id: "subject",
    title: "Subject",
    cell: ({ subject }) => <span className="wrap-anywhere">{subject}</span>,
  },
  {
    id: "key",
    title: "Key",
    cell: ({ spki_sha256: hash }) => (
      <code title={`SHA-256 of its public key: ${hash}`}>{hash.slice(0, HASH_SHOWN)}…</code>
    ),
  },
  {
    id: "from",
    title: "From",
    cell: ({ imported }) => (imported ? "an existing PKI" : "this core"),
  },
  { id: "ends", title: "Ends", cell: ({ not_after: at }) => <TimeAgo at={at} /> },
  { id: "state", title: "State", cell: (row) => <State of={row} /> },
];

function State({
  of: { not_after: ends, revoked_at: revoked },
}: {
  readonly of: Authority;
}): ReactNode {
  if (revoked !== undefined) {
    return (
      <StatusBadge tone="idle" icon="ended">
        Revoked
      </StatusBadge>
    );
  }
  const leftMs = Date.parse(ends) - pageNowMs();
  if (leftMs <= 0) return <StatusBadge tone="bad">Ended</StatusBadge>;
  return leftMs < SOON_MS ? (
    <StatusBadge tone="warn">Ends soon</StatusBadge>
  ) : (
    <StatusBadge tone="good">In force</StatusBadge>
  );
}
