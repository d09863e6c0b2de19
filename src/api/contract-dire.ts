/** What the REST API takes and gives of DIRE's operation: rehearsals. */
import { z } from "@hono/zod-openapi";

import { CHANGE_KINDS } from "../dire/rehearsal-change.ts";
import { count, pageQuery, time } from "./contract.ts";
import { PAGE_MAX } from "./page.ts";

/** What is to be rehearsed. */
export const newRehearsalSchema = z
  .strictObject({
    source: z.string().max(128).openapi({ description: "Name or id of the source" }),
  })
  .openapi("NewRehearsal");

/** Recorded updates, as the wire has them; read as text, so that they are rehearsed byte for byte. */
export const recordedUpdatesSchema = z.unknown().openapi("RecordedUpdates", {
  type: "array",
  items: { type: "object" },
  description: "A JSON array of device updates",
});

const promiseSchema = z
  .object({
    entries: count,
    rejected: count,
    rejected_by: z.record(z.string(), count),
    created: count.openapi({ description: "Records that the source had not named before" }),
    changed: count,
    unchanged: count,
    merged: count.openapi({ description: "As a run counts it: ids that lead to another device" }),
    devices_created: count,
    devices_updated: count,
    devices_merged: count,
    addresses_claimed: count.openapi({
      description: "Devices known by address alone that turn out to be another one",
    }),
    conflicts: count.openapi({
      description: "Pairs that are held apart, and values that join no records any more",
    }),
    retractions: count.openapi({
      description: "Records of the source that the updates do not name: absent after a full run",
    }),
    devices_retracted: count.openapi({ description: "Devices that stand on such records alone" }),
    records_before: count.openapi({ description: "Records that the source has now" }),
    took_ms: count,
  })
  .openapi("RehearsalPromise");

/** A rehearsal. */
export const rehearsalSchema = z
  .object({
    rehearsal_no: count,
    source: z.string(),
    source_id: z.string(),
    state: z.enum(["loading", "playing", "done", "failed"]),
    error: z.string().optional(),
    agent_id: z
      .string()
      .optional()
      .openapi({ description: "The agent that sends the updates; absent: they are added here" }),
    actor: z.string(),
    chunks: count,
    bytes: count,
    created_at: time,
    ended_at: time.optional(),
    promise: promiseSchema.optional(),
  })
  .openapi("Rehearsal");

/** One change that a rehearsal promises; which members it has depends on its kind. */
export const rehearsalChangeSchema = z
  .object({
    id: z.string().optional().openapi({ description: "The device's id as it would be then" }),
    hostname: z.string().optional(),
    ip: z.string().optional(),
    to_id: z.string().optional().openapi({ description: "merge: the device that `id` leads to" }),
    reason: z.string().optional(),
    fields: z
      .array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() }))
      .optional()
      .openapi({ description: "update: what differs" }),
    value_type: z.string().optional(),
    value: z.string().optional(),
    record_no: count.optional(),
    other_record_no: count.optional().openapi({
      description: "conflict: the record that `record_no` looks like and is held apart from",
    }),
    kind: z.string().optional(),
    native_id: z.string().optional(),
    device_goes: z.boolean().optional(),
  })
  .openapi("RehearsalChange");

/** Which changes are wanted. */
export const changeQuery = pageQuery.extend({ kind: z.enum(CHANGE_KINDS).default("merge") });

/** A publication that the storm brake holds, or held. */
export const holdSchema = z
  .object({
    hold_no: count,
    state: z.enum(["held", "released", "rechecked"]),
    run_no: count.openapi({ description: "The run that would have changed too much" }),
    source: z.string(),
    source_id: z.string(),
    held_at: time,
    devices_fewer: count.openapi({
      description: "Published devices that would turn out to be another one",
    }),
    ids_changed: count,
    devices: count.openapi({ description: "Published devices when it was held" }),
    records: count.openapi({ description: "Records whose devices wait" }),
    ended_at: time.optional(),
    ended_by: z.string().optional(),
    reason: z.string().optional(),
  })
  .openapi("Hold");

/** A hold with what it keeps from being published. */
export const holdDetailSchema = holdSchema
  .extend({
    changes: z
      .array(
        z.object({
          id: z.string().openapi({ description: "The id that a device has" }),
          to_id: z.string().openapi({ description: "The id that it would have" }),
          names: z.array(z.string()),
          to_names: z.array(z.string()).openapi({ description: "Of what it would be joined with" }),
          in_common: z.array(z.string()).openapi({
            description: "What both say, as type:value; none where a device would be split",
          }),
        }),
      )
      .openapi({ description: "The first two hundred" }),
  })
  .openapi("HoldDetail");

/** Why a hold is ended. */
export const endHoldSchema = z
  .strictObject({ reason: z.string().max(500).optional() })
  .openapi("EndHold");

/** Where to go on rederiving, and whether what differs is put right. */
export const rederiveSchema = z
  .strictObject({
    dry_run: z.boolean().default(false).openapi({ description: "Only tell what differs" }),
    after: z.string().max(1_000).optional().openapi({ description: "`next` of the slice before" }),
  })
  .openapi("Rederive");

/** What came of one slice. */
export const rederivedSchema = z
  .object({
    records: count,
    refreshed: count.openapi({
      description: "Devices whose last sighting is told later now, which is no difference",
    }),
    watched: count.openapi({
      description:
        "Records that are decided again sooner than they would have been, to no effect but that",
    }),
    held: count.openapi({
      description: "Records left alone, since the storm brake holds their devices",
    }),
    differences: z
      .record(z.string(), count)
      .openapi({ description: "Table to rows that differed" }),
    rows: z
      .array(
        z.object({ table: z.string(), key: z.string(), before: z.unknown(), after: z.unknown() }),
      )
      .openapi({ description: "The first hundred" }),
    next: z.string().optional(),
  })
  .openapi("Rederived");

const listed = <Row extends z.ZodType>(
  row: Row,
): z.ZodObject<{ count: typeof count; rows: z.ZodArray<Row> }> =>
  z.object({ count, rows: z.array(row) });

/** What the quality watch has of a tenant. */
export const qualitySchema = z
  .object({
    flapping_records: listed(
      z.object({
        record_no: count,
        source: z.string(),
        kind: z.string(),
        native_id: z.string(),
        moves: count,
        from_id: z.string(),
        to_id: z.string(),
      }),
    ).openapi({ description: "Records that changed their device three times in 30 days or more" }),
    flapping_values: listed(
      z.object({ partition: z.string(), type: z.string(), value: z.string(), moves: count }),
    ).openapi({
      description: "Serials, asset tags, MACs and names that went with records as often",
    }),
    crowded_devices: listed(
      z.object({
        id: z.string(),
        hostname: z.string().optional(),
        records: count,
        addresses: count,
        since: time,
      }),
    ).openapi({
      description: "Devices of 12 records or more, or of 32 addresses within 30 days",
    }),
    learnt_values: listed(
      z.object({
        partition: z.string(),
        type: z.string(),
        value: z.string(),
        state: z.string(),
        holders: count.openapi({ description: "Records that say it; counted up to 1,000" }),
        since: time,
      }),
    ).openapi({ description: "Values found to say nothing of one device, those learnt last" }),
    overturned_merges: listed(
      z.object({
        id: z.string().openapi({ description: "A device of its own again" }),
        was_part_of: z.string(),
        at: time,
      }),
    ).openapi({ description: "Merges that operators took back, the latest first" }),
    held_apart: count.openapi({
      description:
        "Pairs of devices whose records look like one device, and that nobody has decided of: …/quarantine has the records",
    }),
    contested_values: count.openapi({ description: "Held by two devices of one source at once" }),
    generic_values: count.openapi({ description: "Held by more than 16 records" }),
    quarantined_pairs: count.openapi({
      description: "Records that looked like one device and were held apart",
    }),
    held_publications: count.openapi({ description: "By the storm brake" }),
  })
  .openapi("IdentityQuality");

/** How many rows of each kind are wanted. */
export const qualityQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(10),
});
