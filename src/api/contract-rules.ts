/** What the REST API gives of enrichment rules. */
import { z } from "@hono/zod-openapi";

import { count, time } from "./contract.ts";

/** The rules in force, and what could not be used. */
export const rulesSchema = z
  .object({
    directory: z
      .string()
      .optional()
      .openapi({ description: "Where operators' own rules were read from, on the core's host" }),
    loaded_at: time.optional().openapi({ description: "Absent: no core has started here yet" }),
    fingerprint: z.string(),
    field_expiry_runs: count.openapi({
      description: "Complete full runs that may miss a record before its values yield",
    }),
    rules: z.array(
      z.object({
        id: z.string(),
        enabled: z.boolean(),
        priority: z.number().int(),
        confidence: count,
        reason: z.string(),
        origin: z.string().openapi({ description: "builtin, or the file" }),
        match: z.unknown(),
        set: z.unknown(),
      }),
    ),
    skipped: z.array(
      z.object({
        origin: z.string(),
        id: z.string().optional().openapi({ description: "Absent: the whole file" }),
        reason: z.string(),
      }),
    ),
  })
  .openapi("EnrichmentRules");
