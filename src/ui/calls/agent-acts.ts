import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type {
  enrolmentAddressesSchema,
  enrolmentSchema,
  refusalSchema,
} from "../../api/contract.ts";
import { pathOf } from "./api-client.ts";
import { listPath, type ListWanted } from "./list-page.ts";
import { ask, askPage, queryClient } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** What the gateway refused, counted by kind. */
export type Refusal = z.infer<typeof refusalSchema>;
/** A one-time token by which a host becomes an agent. */
export type Enrolment = z.infer<typeof enrolmentSchema>;

/** Where hosts reach the core that answers, as far as it knows. */
export type EnrolmentAddresses = z.infer<typeof enrolmentAddressesSchema>;

/** Asked of an administrator alone, who alone makes tokens. */
export const enrolmentAddressesQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "agents", "addresses"),
    queryFn: ({ signal }) => {
      const path = pathOf(["tenants", tenant, "enrolments", "addresses"]);
      return ask<EnrolmentAddresses>({ path, signal });
    },
  });

/** A page of what the gateway refused to the tenant's agents, the latest first. */
export const refusalsQuery = (tenant: string, wanted: ListWanted) =>
  queryOptions({
    queryKey: keyOf(tenant, "agents", "refusals", wanted),
    queryFn: ({ signal }) => {
      const path = listPath(["tenants", tenant, "refusals"], wanted);
      return askPage<Refusal>(path, "refusals", signal);
    },
  });

/** What was refused last to each of some agents. */
export const lastRefusalsQuery = (tenant: string, ids: readonly string[]) => {
  const distinct = [...new Set(ids)].toSorted().join(",");
  return queryOptions({
    queryKey: keyOf(tenant, "agents", "refusals", "last", distinct),
    queryFn: async ({ signal }) => {
      const more = { ids: distinct, last: true, limit: LAST_MAX };
      const path = listPath(["tenants", tenant, "refusals"], {}, more);
      return (await askPage<Refusal>(path, "refusals", signal)).rows;
    },
    enabled: distinct !== "",
  });
};

/** As many as the API gives at once; more than agents stand on a page. */
const LAST_MAX = 500;

/** Who is to be enrolled, and what its token tells it. */
export interface EnrolmentWanted {
  readonly agent_id: string;
  readonly partition: string;
  /** For an agent that exists already. */
  readonly renew?: boolean;
  readonly gateway_addr?: string;
  readonly core_url?: string;
}

/** Makes a token for a host. Throws ApiProblem. */
export async function makeEnrolment(tenant: string, wanted: EnrolmentWanted): Promise<Enrolment> {
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
