import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { PlainList } from "./plain-list.tsx";

/** What programs ask the API with. */
export function TokensPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  return (
    <PlainList
      title="Tokens"
      about="What programs ask the API with."
      path={pathOf(["tenants", tenant, "tokens"])}
      members={[
        ["name", "Name"],
        ["role", "Role"],
        ["state", "State"],
        ["created_at", "Made"],
        ["last_used_at", "Last used"],
      ]}
    />
  );
}
