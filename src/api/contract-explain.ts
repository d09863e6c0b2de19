/** What the REST API gives of why devices are one, or are not. `words` say the same as the members beside them, for people. */
import { z } from "@hono/zod-openapi";

import { QUARANTINE_REASONS } from "../dire/quarantine.ts";
import { evidenceSchema, recordSchema } from "./contract-assertions.ts";
import { count, time } from "./contract.ts";

const words = z.string();
const placedRecord = recordSchema.extend({ device_id: z.string().optional() });
const saying = z.object({ record: recordSchema, first_seen: time, last_seen: time });

const muted = z.object({
  type: z.string(),
  value: z.string(),
  state: z.enum(["contested", "generic"]),
  said_by: z.array(saying),
  elsewhere: z.array(placedRecord),
  elsewhere_left_off: count,
  words,
});

const turn = z.object({
  supposed: z.object({
    kind: z.enum(["unsaid", "unsaid_by", "allowed", "revoked"]),
    type: z.string().optional(),
    value: z.string().optional(),
    record: recordSchema.optional(),
    assertion_no: count.optional(),
  }),
  joins: z.array(placedRecord),
  leaves: z.array(placedRecord),
  words,
});

/** Why a device is one. */
export const explanationSchema = z
  .object({
    id: z.string(),
    hostname: z.string().optional(),
    summary: z.array(words),
    threshold: z.number().openapi({ description: "So many points join two groups of records" }),
    records: z.array(
      recordSchema.extend({
        first_seen: time,
        last_seen: time,
        parts: count.openapi({ description: "Machines that this record spoke of in turn" }),
        words: words.optional(),
      }),
    ),
    joins: z
      .array(
        z.object({
          records: z.tuple([recordSchema, recordSchema]),
          evidence: z.array(evidenceSchema),
          points: z.number(),
          assertion_no: count.optional(),
          words,
        }),
      )
      .openapi({
        description: "The steps that made it, in order; evidence is of all joined so far",
      }),
    shared: z.array(
      z.object({
        type: z.string(),
        value: z.string(),
        points: z.number().optional(),
        said_by: z.array(saying),
        words,
      }),
    ),
    muted: z.array(muted).openapi({ description: "Values that may join nothing" }),
    apart: z.array(
      z.object({
        record: recordSchema,
        other: placedRecord,
        reason: z.enum(QUARANTINE_REASONS),
        points: z.number(),
        evidence: z.array(evidenceSchema),
        words,
      }),
    ),
    turns: z
      .array(turn)
      .openapi({ description: "Single facts that would change which records it has" }),
    tried: count.openapi({ description: "Facts that were tried for that" }),
  })
  .openapi("Explanation");

/** Why two devices are not one. */
export const pairExplanationSchema = z
  .object({
    id: z.string(),
    other_id: z.string(),
    summary: z.array(words),
    threshold: z.number(),
    points: z.number().optional(),
    evidence: z.array(evidenceSchema.extend({ words })),
    barrier: z.string().optional(),
    muted: z.array(muted),
    turns: z.array(turn),
    tried: count,
  })
  .openapi("PairExplanation");
