import type { ReactNode } from "react";

import { PageHeader } from "../../parts/page-header.tsx";
import { CoreUsers } from "./core-users.tsx";

/** Everybody who may log in to this core. */
export function PlatformUsersPage(): ReactNode {
  return (
    <>
      <PageHeader
        title="Users"
        about="Who may log in to this core. What each may do in a tenant is said there."
      />
      <CoreUsers />
    </>
  );
}
