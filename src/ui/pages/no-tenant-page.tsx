import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { logOut, sessionQuery } from "../calls/session.ts";
import { Button } from "../parts/button.tsx";
import { Outside } from "./outside.tsx";

/** For a user with no role in any tenant. */
export function NoTenantPage(): ReactNode {
  const router = useRouter();
  const { data: session } = useQuery(sessionQuery);
  const name = session?.user.username ?? "You";
  const leave = async (): Promise<void> => {
    await logOut();
    await router.navigate({ to: "/login" });
  };
  return (
    <Outside
      title="No tenant yet"
      about={`${name} has a role in no tenant. An administrator of a tenant can give one.`}
    >
      <Button onClick={() => void leave()}>Log out</Button>
    </Outside>
  );
}
