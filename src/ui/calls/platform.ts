/** What the platform's administrator asks of all tenants. */
import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { authoritySchema } from "../../api/contract-authorities.ts";
import type { tenantHealthSchema } from "../../api/contract-overview.ts";
import type { Refusal } from "./agent-acts.ts";
import { pathOf } from "./api-client.ts";
import type { AuditPage, AuditWanted } from "./people.ts";
import { ask } from "./query-client.ts";

/** How a tenant fares. */
export type TenantHealth = z.infer<typeof tenantHealthSchema>;
/** A certificate authority of a tenant's agents. */
export type Authority = z.infer<typeof authoritySchema>;

const keyOf = (...rest: readonly unknown[]): readonly unknown[] => ["people", "platform", ...rest];

/** How often is asked anew, ms: no event tells of all tenants together. */
const ASK_EVERY_MS = 15_000;
/** How often all tenants' health is asked for, ms: each tenant costs half a dozen queries, and a page of them stays open on a wall. */
const HEALTH_EVERY_MS = 60_000;

/** How all tenants fare, by slug. */
export const tenantHealthQuery = queryOptions({
  queryKey: keyOf("health"),
  queryFn: async ({ signal }) => {
    type Answer = { readonly tenants: readonly TenantHealth[]; readonly next?: string };
    const all: TenantHealth[] = [];
    let after: string | undefined;
    do {
      const path = pathOf(["tenant-health"], { after });
      const page: Answer = await ask<Answer>({ path, signal });
      all.push(...page.tenants);
      after = page.next;
    } while (after !== undefined);
    return all;
  },
  refetchInterval: HEALTH_EVERY_MS,
});

/** The authorities that a tenant's agents are certified by. */
export const authoritiesQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf("authorities", tenant),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "authorities"]);
      return (await ask<{ readonly authorities: readonly Authority[] }>({ path, signal }))
        .authorities;
    },
  });

/** What the gateway refused to peers of no known tenant, the latest first. */
export const strangersQuery = queryOptions({
  queryKey: keyOf("refusals"),
  queryFn: async ({ signal }) =>
    (await ask<{ readonly refusals: readonly Refusal[] }>({ path: pathOf(["refusals"]), signal }))
      .refusals,
  refetchInterval: ASK_EVERY_MS,
});

/** Changes of users and of the platform. */
export const platformAuditQuery = (wanted: AuditWanted) =>
  queryOptions({
    queryKey: keyOf("audit", wanted),
    queryFn: ({ signal }) => ask<AuditPage>({ path: pathOf(["audit"], { ...wanted }), signal }),
  });
