import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { auditPageQuery } from "../../calls/people.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { AuditLog } from "./audit-log.tsx";

/** Every change of the tenant: who, what, before and after. */
export function AuditPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  return (
    <>
      <PageHeader title="Audit" about="Every change: who made it, and what it was before." />
      <AuditLog pageQuery={(wanted) => auditPageQuery(tenant, wanted)} />
    </>
  );
}
