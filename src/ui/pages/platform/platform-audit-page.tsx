import type { ReactNode } from "react";

import { platformAuditQuery } from "../../calls/platform.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { AuditLog } from "../settings/audit-log.tsx";

/** Changes of users and of the platform; those of a tenant stand in its own audit. */
export function PlatformAuditPage(): ReactNode {
  return (
    <>
      <PageHeader
        title="Audit"
        about="Changes of users, tenants and the platform. What was changed in a tenant stands in its own audit."
      />
      <AuditLog pageQuery={platformAuditQuery} />
    </>
  );
}
