import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { enrolmentSchema, refusalSchema } from "../../api/contract.ts";
import { pathOf } from "./api-client.ts";
import { ask, queryClient } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** What the gateway refused, counted by kind. */
export type Refusal = z.infer<typeof refusalSchema>;
/** A one-time token by which a host becomes an agent. */
export type Enrolment = z.infer<typeof enrolmentSchema>;

/** What the gateway refused to the tenant's agents, the latest first. */
export const refusalsQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "agents", "refusals"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "refusals"]);
      return (await ask<{ readonly refusals: readonly Refusal[] }>({ path, signal })).refusals;
    },
  });

/** Makes a token for a host. Throws ApiProblem. */
export async function makeEnrolment(
  tenant: string,
  wanted: { readonly agent_id: string; readonly partition: string; readonly core_url?: string },
): Promise<Enrolment> {
  const path = pathOf(["tenants", tenant, "enrolments"]);
  const made = await ask<Enrolment>({ method: "POST", path, body: wanted });
  await queryClient.invalidateQueries({ queryKey: keyOf(tenant, "agents") });
  return made;
}

/** Ends an agent's certificates. Throws ApiProblem. */
export async function revokeAgent(tenant: string, agent: string): Promise<void> {
  await ask({ method: "POST", path: pathOf(["tenants", tenant, "agents", agent, "revoke"]) });
  await queryClient.invalidateQueries({ queryKey: keyOf(tenant, "agents") });
}
