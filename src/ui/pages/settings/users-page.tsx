import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { PlainList } from "./plain-list.tsx";

/** Who may log in, and as what. */
export function UsersPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  return (
    <PlainList
      title="Users"
      about="Who may log in, and as what."
      path={pathOf(["tenants", tenant, "members"])}
      members={[
        ["username", "Name"],
        ["role", "Role"],
      ]}
    />
  );
}
