/** Of the contract: what the first page shows. */
import { z } from "@hono/zod-openapi";

import { runSummary } from "./contract-sources.ts";
import { count, time } from "./contract.ts";

const sourceStanding = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  agent_id: z.string(),
  state: z.enum(["disabled", "never_run", "running", "ok", "failing", "stale"]).openapi({
    description:
      "failing: its newest run did not succeed; stale: no whole run within two discovery intervals",
  }),
  last_run: runSummary.optional(),
  last_whole_at: time.optional().openapi({ description: "End of its newest complete full run" }),
});

/** A tenant at a glance. */
export const overviewSchema = z
  .object({
    counted_at: time.openapi({
      description: "When devices were counted: a few seconds ago at most",
    }),
    devices: z.object({
      total: count,
      available: count,
      unavailable: count,
      unknown: count,
      provisional: count,
      deleted: count,
    }),
    sources: z
      .array(sourceStanding)
      .openapi({ description: "Those that need a look first; at most 200" }),
    source_counts: z.object({
      total: count,
      disabled: count,
      never_run: count,
      running: count,
      ok: count,
      failing: count,
      stale: count,
      partial: count.openapi({ description: "Those of `ok` whose last run was partial" }),
    }),
    sources_without_agent: count.openapi({
      description: "Sources whose agent does not exist, or was revoked",
    }),
    agents_as_offered: count.openapi({
      description: "Agents that run the configuration that is offered to them",
    }),
    agents: z.object({
      total: count,
      online: count,
      silent: count,
      stopped: count,
      never_seen: count,
    }),
    inbox: z.object({
      waiting: count,
      waiting_bytes: count,
      parked: count,
      unpublished: count,
      lag_ms: count.openapi({ description: "Age of the oldest chunk that waits" }),
    }),
    review: z.object({
      quarantine: count,
      contested: count,
      held_retractions: count,
      storms: count,
    }),
    freshness: z.object({
      newest_run_at: time.optional(),
      oldest_whole_at: time
        .optional()
        .openapi({ description: "Of the enabled source that was last seen whole the longest ago" }),
    }),
  })
  .openapi("Overview");

/** How a tenant fares, for the platform's administrator: what runs and what waits, and no device. */
export const tenantHealthSchema = overviewSchema
  .pick({ source_counts: true, agents: true, inbox: true, review: true, freshness: true })
  .extend({
    slug: z.string(),
    name: z.string(),
    created_at: time,
    devices: count,
    authorities: count.openapi({ description: "Certificate authorities in force" }),
    authority_not_after: time.optional().openapi({ description: "When the first of them ends" }),
    refused: count.openapi({ description: "Calls of its agents that the gateway refused" }),
    refused_at: time.optional(),
  })
  .openapi("TenantHealth");
