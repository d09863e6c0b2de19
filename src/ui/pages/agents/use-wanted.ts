import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { enrolmentAddressesQuery } from "../../calls/agent-acts.ts";
import type { Agent } from "../../calls/agents.ts";
import { useRefusal } from "../../calls/session.ts";
import { wantedAt, type WantedEnrolment } from "./enrol-wanted.ts";

/** The fields of an enrolment: what was typed, and in the others what the core says of itself. */
export function useWanted(
  tenant: string,
  again?: Agent,
  first: Partial<WantedEnrolment> = {},
): {
  readonly wanted: WantedEnrolment;
  readonly change: (changed: Partial<WantedEnrolment>) => void;
  /** Whether the core that answers lets nobody enrol; false until that is known. */
  readonly isClosed: boolean;
} {
  const [typed, setTyped] = useState(first);
  const isAllowed = useRefusal(tenant, "admin") === undefined;
  const { data: addresses } = useQuery({
    ...enrolmentAddressesQuery(tenant),
    enabled: isAllowed,
  });
  const { hostname: host } = window.location;
  return {
    wanted: { ...wantedAt({ host, addresses }, again), ...typed },
    change: (changed) => setTyped((before) => ({ ...before, ...changed })),
    isClosed: addresses !== undefined && addresses.core_url === undefined,
  };
}
