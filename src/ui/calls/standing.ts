import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { qualitySchema } from "../../api/contract-dire.ts";
import type { retractionSchema } from "../../api/contract-runs.ts";
import type { inboxSchema, tenantOverviewSchema } from "../../api/contract.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** How much a tenant has. */
export type TenantOverview = z.infer<typeof tenantOverviewSchema>;
/** What waits between agents and inventory. */
export type Inbox = z.infer<typeof inboxSchema>;
/** Signs that identity goes wrong. */
export type IdentityQuality = z.infer<typeof qualitySchema>;
/** Records that are to be retired. */
export type Retraction = z.infer<typeof retractionSchema>;

/** How much a tenant has. */
export const tenantQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "overview"),
    queryFn: ({ signal }) => ask<TenantOverview>({ path: pathOf(["tenants", tenant]), signal }),
  });

/** What waits to be worked. */
export const inboxQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "inbox"),
    queryFn: ({ signal }) => ask<Inbox>({ path: pathOf(["tenants", tenant, "inbox"]), signal }),
  });

/** What tells that identity goes wrong. */
export const qualityQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "quality"),
    queryFn: ({ signal }) => {
      const path = pathOf(["tenants", tenant, "dire", "quality"], { limit: 10 });
      return ask<IdentityQuality>({ path, signal });
    },
    staleTime: 30_000,
  });
