/** What the REST API takes and gives of operators' assertions and of what they change. */
import { z } from "@hono/zod-openapi";

import { ASSERTION_KINDS } from "../dire/assertion.ts";
import { SPOKEN_TYPES } from "../dire/operator-values.ts";
import { FIELDS } from "../dire/saying.ts";
import { count, pageQuery, time } from "./contract.ts";

const deviceId = z
  .string()
  .max(255)
  .openapi({ example: "sr:0d9a3b6e-5c1f-4e57-9b77-1f7a3f0f8d11" });
/** Longest reason, characters. */
const REASON_CHARS_MAX = 500;
/** Longest value, characters: values are keys of an index. */
const VALUE_CHARS_MAX = 512;

/** A record of a source, as operators see it. */
export const recordSchema = z
  .object({
    record_no: count,
    source: z.string(),
    source_id: z.string(),
    kind: z.string(),
    native_id: z.string(),
  })
  .openapi("Record");

/** What two records agree or differ in, and what that is worth. */
export const evidenceSchema = z.object({
  type: z.string(),
  value: z.string(),
  points: z.number(),
});

const saying = z.object({ by: z.string(), reason: z.string(), at: time });

/** An assertion. */
export const assertionSchema = z
  .object({
    assertion_no: count,
    kind: z.enum(ASSERTION_KINDS),
    state: z.enum(["standing", "revoked"]),
    made: saying,
    revoked: saying.optional(),
    partition: z.string().optional(),
    value_type: z.string().optional(),
    field: z.string().optional(),
    value: z.string().optional(),
    records: z.array(
      recordSchema.extend({
        side: z.number().int().openapi({ description: "A link joins or parts side 1 and side 2" }),
        device_id: z.string().optional(),
      }),
    ),
  })
  .openapi("Assertion");

/** What an act changed, or would change. */
export const outcomeSchema = z
  .object({
    is_rehearsal: z
      .boolean()
      .openapi({ description: "Nothing was changed: this is what would be" }),
    is_pending: z.boolean().openapi({
      description:
        "Devices change later: very many records are concerned, or the storm brake holds some of them",
    }),
    made: z.array(assertionSchema),
    revoked: z.array(assertionSchema),
    moves: z
      .array(
        z.object({
          record: recordSchema,
          from_id: z.string().optional(),
          to_id: z.string().optional(),
        }),
      )
      .openapi({ description: "Records that belong to another device than before" }),
    devices: z.array(
      z.object({
        id: z.string(),
        hostname: z.string().optional(),
        records_before: count,
        records_after: count,
      }),
    ),
  })
  .openapi("Outcome");

const why = {
  reason: z.string().trim().max(REASON_CHARS_MAX).default(""),
  dry_run: z
    .boolean()
    .default(false)
    .openapi({ description: "Say what would change and change nothing" }),
};

/** An act without further detail. */
export const actSchema = z.object(why).strict().openapi("Act");
/** An act on a device and another. */
export const pairActSchema = z
  .object({ ...why, other: deviceId })
  .strict()
  .openapi("PairAct");
/** Taking a record out of a device. */
export const unmergeSchema = z
  .object({
    ...why,
    record_no: count.optional().openapi({
      description: "The record that does not belong there; absent: what the latest merge brought",
    }),
  })
  .strict()
  .openapi("Unmerge");

const field = z.enum(FIELDS);
/** Setting an attribute. */
export const lockSchema = z
  .object({ ...why, field, value: z.string().max(VALUE_CHARS_MAX) })
  .strict()
  .openapi("Lock");
/** Giving an attribute back to the sources. */
export const unlockSchema = z
  .object({ ...why, field })
  .strict()
  .openapi("Unlock");

/** What a value is worth. */
export const valueActSchema = z
  .object({
    ...why,
    type: z.enum(SPOKEN_TYPES),
    value: z.string().max(VALUE_CHARS_MAX),
    partition: z.string().max(128).default("default"),
  })
  .strict()
  .openapi("ValueAct");

/** Which assertions are wanted. */
export const assertionQuery = pageQuery.extend({
  state: z.enum(["standing", "revoked", "all"]).default("standing"),
  kind: z.enum(ASSERTION_KINDS).optional(),
});
