import type { ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { PlainList } from "./plain-list.tsx";

/** All tenants of the core, for its platform's administrator. */
export function TenantsPage(): ReactNode {
  return (
    <PlainList
      title="Tenants"
      about="Whose inventories this core keeps, each apart from the others."
      path={pathOf(["tenants"])}
      members={[
        ["slug", "Slug"],
        ["name", "Name"],
        ["created_at", "Made"],
      ]}
    />
  );
}
