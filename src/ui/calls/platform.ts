/** What the platform's administrator asks of all tenants. */
import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { tenantAuthoritySchema } from "../../api/contract-authorities.ts";
import type { tenantHealthSchema } from "../../api/contract-overview.ts";
import type { Refusal } from "./agent-acts.ts";
import { pathOf } from "./api-client.ts";
import { listPath, type ListWanted } from "./list-page.ts";
import type { AuditPage, AuditWanted } from "./people.ts";
import { ask, askPage } from "./query-client.ts";

/** How a tenant fares. */
export type TenantHealth = z.infer<typeof tenantHealthSchema>;
/** A certificate authority of a tenant's agents, with the tenant. */
export type Authority = z.infer<typeof tenantAuthoritySchema>;

const keyOf = (...rest: readonly unknown[]): readonly unknown[] => ["people", "platform", ...rest];

/** How often is asked anew, ms: no event tells of all tenants together. */
const ASK_EVERY_MS = 15_000;
/** How often all tenants' health is asked for, ms: each tenant costs half a dozen queries, and a page of them stays open on a wall. */
const HEALTH_EVERY_MS = 60_000;

/** A page of how tenants fare, by slug. */
export const tenantHealthQuery = (wanted: ListWanted) =>
  queryOptions({
    queryKey: keyOf("health", wanted),
    queryFn: ({ signal }) =>
      askPage<TenantHealth>(listPath(["tenant-health"], wanted), "tenants", signal),
    refetchInterval: HEALTH_EVERY_MS,
  });

/** A page of the authorities that all tenants' agents are certified by, by tenant. */
export const authoritiesQuery = (wanted: ListWanted) =>
  queryOptions({
    queryKey: keyOf("authorities", wanted),
    queryFn: ({ signal }) =>
      askPage<Authority>(listPath(["authorities"], wanted), "authorities", signal),
  });

/** A page of what the gateway refused to peers of no known tenant, the latest first. */
export const strangersQuery = (wanted: ListWanted) =>
  queryOptions({
    queryKey: keyOf("refusals", wanted),
    queryFn: ({ signal }) => askPage<Refusal>(listPath(["refusals"], wanted), "refusals", signal),
    refetchInterval: ASK_EVERY_MS,
  });

/** Changes of users and of the platform. */
export const platformAuditQuery = (wanted: AuditWanted) =>
  queryOptions({
    queryKey: keyOf("audit", wanted),
    queryFn: ({ signal }) => ask<AuditPage>({ path: pathOf(["audit"], { ...wanted }), signal }),
  });
