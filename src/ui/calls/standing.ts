import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { qualitySchema } from "../../api/contract-dire.ts";
import type { overviewSchema } from "../../api/contract-overview.ts";
import type { retractionSchema } from "../../api/contract-runs.ts";
import type { inboxSchema, tenantOverviewSchema } from "../../api/contract.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** How much a tenant has. */
export type TenantOverview = z.infer<typeof tenantOverviewSchema>;
/** A tenant at a glance; of its sources those that need a look first, and no more than that. */
export type Overview = z.infer<typeof overviewSchema>;
/** One of its sources. */
export type SourceStanding = Overview["sources"][number];
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

/** A tenant at a glance. */
export const overviewQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "sources", "overview"),
    queryFn: ({ signal }) =>
      ask<Overview>({ path: pathOf(["tenants", tenant, "overview"]), signal }),
    refetchInterval: LIVES_EVERY_MS,
  });

/** How often is asked whether agents live, ms: no event tells of one that fell silent. */
const LIVES_EVERY_MS = 30_000;

/** What waits to be worked. */
export const inboxQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "inbox"),
    queryFn: ({ signal }) => ask<Inbox>({ path: pathOf(["tenants", tenant, "inbox"]), signal }),
  });

/** Cases of each kind that are read: more than a person works at a sitting. */
const WATCHED_MAX = 50;

/** What tells that identity goes wrong. */
export const qualityQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "quality"),
    queryFn: ({ signal }) => {
      const path = pathOf(["tenants", tenant, "dire", "quality"], { limit: WATCHED_MAX });
      return ask<IdentityQuality>({ path, signal });
    },
    staleTime: 30_000,
  });
