import { z } from "@hono/zod-openapi";

const time = z.string().openapi({ format: "date-time" });

/** A command to an agent, as it stands. */
export const commandSchema = z
  .object({
    command_id: z.string(),
    agent_id: z.string(),
    type: z.string().openapi({ example: "sync.run_now" }),
    source_id: z.string().optional(),
    rehearsal_no: z.number().optional().openapi({ description: "The rehearsal that it is for" }),
    state: z.enum(["pending", "sent", "acknowledged", "succeeded", "failed", "expired"]),
    progress_percent: z.number().optional(),
    message: z.string().optional().openapi({ description: "What the agent says last" }),
    result: z.unknown().optional().openapi({ description: "JSON that the agent answered" }),
    actor: z.string(),
    created_at: time,
    ended_at: time.optional(),
  })
  .openapi("Command");

/** Devices of a preview where nobody says how many, and at most. */
const PREVIEW_DEFAULT = 20;
const PREVIEW_MAX = 200;

/** What of a source is to be read. */
export const runQuery = z.strictObject({
  kind: z.enum(["discovery", "poll"]).default("discovery").openapi({
    description:
      "`discovery` reads all of it; `poll` what changed since the last run, where the source can tell and the agent knows since when, else all",
  }),
});

/** How much is to be shown of a source. */
export const previewQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PREVIEW_MAX).default(PREVIEW_DEFAULT),
});
