import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { PlainList } from "./plain-list.tsx";

/** Every change, who made it and when. */
export function AuditPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  return (
    <PlainList
      title="Audit"
      about="Every change, who made it and when."
      path={pathOf(["tenants", tenant, "audit"])}
      members={[
        ["at", "When"],
        ["actor", "Who"],
        ["action", "What"],
        ["subject", "Of"],
      ]}
    />
  );
}
