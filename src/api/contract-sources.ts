/** What the REST API takes and gives of sources and their runs. */
import { z } from "@hono/zod-openapi";

import { count, time } from "./contract.ts";

/** A run in short. */
export const runSummary = z.object({
  run_no: count,
  kind: z.string().openapi({ description: "full (a discovery), delta (a poll) or unknown" }),
  outcome: z.string(),
  started_at: time,
  ended_at: time.optional(),
  entries: count.openapi({ description: "Records that it brought; a delta brings what changed" }),
  error: z.string().optional(),
});

/** A source. Its credentials are never given, only their names. */
export const sourceSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    type: z.string(),
    endpoint: z.string(),
    agent_id: z.string(),
    partition: z.string(),
    enabled: z.boolean(),
    poll_interval: z.string().openapi({ example: "10m" }),
    discovery_interval: z.string().openapi({ example: "1h" }),
    credentials: z.array(z.string()).openapi({ description: "Names only" }),
    settings: z.record(z.string(), z.unknown()),
    created_at: time,
    updated_at: time,
    last_run: runSummary.optional(),
    last_runs: z.array(runSummary).optional().openapi({
      description: "The last ones, newest first: as many as `runs` of a list asks for",
    }),
  })
  .openapi("Source");

const change = z.object({
  setting: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});

/** What became of one source of a payload. */
export const appliedSourceSchema = z
  .object({
    outcome: z.enum(["created", "changed"]),
    changes: z.array(change),
    credentials_set: z.array(z.string()).openapi({ description: "Names only" }),
    source: sourceSchema,
  })
  .openapi("AppliedSource");

/** The document's integration payload, as it stands; what is in `sources` is checked by the core's own parser. */
export const payloadSchema = z
  .looseObject({
    poll_interval: z.unknown().optional(),
    sources: z.unknown().optional().openapi({ type: "object" }),
  })
  .openapi("SyncPayload", {
    example: {
      poll_interval: "10m",
      sources: {
        netbox_dc1: {
          type: "netbox",
          endpoint: "https://netbox.example.com",
          credentials: { api_token: "…" },
        },
      },
    },
  });

/** Members of a source's payload that are to change; null takes one away. */
export const sourcePatchSchema = z.record(z.string(), z.unknown()).openapi("SourcePatch", {
  description:
    "Members as in the payload; null takes one away. `credentials` replaces all of them; `agent_id` moves the source to another agent",
});

/** A sync.json as it stands. */
export const syncJsonSchema = z.unknown().openapi("SyncJson", {
  type: "object",
  description: "The file of the original's standalone service, with `sources`",
});

/** What came of it. */
export const migratedSourcesSchema = z
  .object({
    applied: z.array(appliedSourceSchema).optional().openapi({ description: "Absent: a dry run" }),
    would_make: z.array(z.string()).optional().openapi({ description: "Names, of a dry run" }),
    refused: z
      .array(z.object({ name: z.string(), why: z.string() }))
      .openapi({ description: "Sources that cannot be used" }),
    left_behind: z
      .array(z.object({ member: z.string(), why: z.string() }))
      .openapi({ description: "Members that were not taken over" }),
  })
  .openapi("MigratedSources");

/** How far a run under way is, from its agent to the inventory. */
export const runProgressSchema = z
  .object({
    source: z.string(),
    source_id: z.string(),
    agent_id: z.string(),
    run_id: z.string(),
    run_no: count.optional().openapi({ description: "Absent until something of it was worked" }),
    kind: z.string(),
    started_at: time,
    told_at: time.openapi({ description: "When its agent was heard last" }),
    pages: count,
    total: count.optional().openapi({ description: "What the source says it holds" }),
    fetched: count.openapi({ description: "Devices read from the source" }),
    streamed: count.openapi({ description: "Of these, acknowledged by a gateway" }),
    ingested: count.openapi({ description: "Of these, made records" }),
    reconciled: count.openapi({ description: "Of these, published as devices" }),
    rejected: count.openapi({ description: "Records of the source that cannot be read" }),
    waiting: z
      .object({ reason: z.string(), until: time })
      .optional()
      .openapi({ description: "Why it does not move, and until when" }),
  })
  .openapi("RunProgress");

/** A run. */
export const runSchema = z
  .object({
    run_no: count,
    run_id: z.string(),
    agent_id: z.string(),
    source: z.string(),
    source_id: z.string(),
    source_type: z.string(),
    kind: z.string().openapi({ description: "full (a discovery), delta (a poll) or unknown" }),
    outcome: z.string().openapi({ description: "running, success, partial, failed or timeout" }),
    started_at: time,
    active_at: time,
    ended_at: time.optional(),
    chunks: count,
    bytes: count,
    entries: count,
    created: count,
    changed: count,
    unchanged: count,
    rejected: count,
    merged: count,
    retracted: count.openapi({ description: "Records that are no longer there because of it" }),
    is_complete: z.boolean().openapi({
      description: "Everything arrived and was used: what the run did not see was not there",
    }),
    undone_at: time.optional().openapi({ description: "An operator took the run back" }),
    error: z.object({ kind: z.string(), message: z.string() }).optional(),
    progress: runProgressSchema
      .optional()
      .openapi({ description: "Until all that it brought is published" }),
  })
  .openapi("Run");

/** A run with its manifest and the first entries that were rejected. */
export const runDetailSchema = runSchema
  .extend({
    rejected_by: z.record(z.string(), count),
    rejected_sample: z.array(z.unknown()),
    manifest: z
      .object({
        outcome: z.string(),
        pages: count,
        source_total: count.optional().openapi({ description: "What the source says it holds" }),
        devices: count,
        chunks: count,
        rejected: z.record(z.string(), count),
        error: z.object({ kind: z.string(), message: z.string() }).optional(),
      })
      .optional()
      .openapi({ description: "What the agent says of the run that it ended" }),
    promised: z
      .object({
        rehearsal_no: count,
        entries: count,
        created: count,
        changed: count,
        unchanged: count,
        rejected: count,
        merged: count,
      })
      .optional()
      .openapi({
        description:
          "What the newest rehearsal of the source promised of its next complete run, which this one is",
      }),
  })
  .openapi("RunDetail");
