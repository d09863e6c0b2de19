/** What the REST API takes and gives of what runs lead to: retention, retractions, verification, undoing. */
import { z } from "@hono/zod-openapi";

import { CHUNK_INDEX_MAX, RUN_KINDS } from "../model/run-manifest.ts";
import { sourceSchema } from "./contract-sources.ts";
import { count, CURSOR_CHARS_MAX, time } from "./contract.ts";
import { PAGE_MAX } from "./page.ts";

/** Records that are to be retired, or that an operator is asked about. */
export const retractionSchema = z
  .object({
    retraction_no: count,
    source: z.string(),
    source_id: z.string(),
    partition: z.string(),
    run_no: count.optional().openapi({ description: "The run that asked for it last" }),
    reason: z.string().openapi({ description: "absent or source_deleted" }),
    state: z.string().openapi({
      description: "held: waits for `allow`; due: under way; done; passed: the records came back",
    }),
    wanted: count.openapi({ description: "Records that it is about" }),
    present: count.openapi({ description: "Records that the source had" }),
    retired: count,
    created_at: time,
    decided_at: time.optional(),
    decided_by: z.string().optional(),
  })
  .openapi("Retraction");

/** A recorded chunk payload that is fed to a source. */
export const recordedChunkSchema = z
  .strictObject({
    run_id: z.string().max(64).optional().openapi({ description: "Absent: the run begins" }),
    chunk_index: count.max(CHUNK_INDEX_MAX).optional(),
    entries: z.array(z.looseObject({})).optional().openapi({ description: "Device updates" }),
  })
  .openapi("RecordedChunk");

/** What became of it. */
export const takenChunkSchema = z
  .object({
    run_id: z.string(),
    chunk_index: count,
    entries: count,
    sha256: z.string(),
    is_known: z.boolean().openapi({ description: "It was taken before, byte for byte" }),
  })
  .openapi("TakenChunk");

/** The end of a run of recorded chunks. */
export const recordedEndSchema = z
  .strictObject({
    kind: z.enum(RUN_KINDS).optional().openapi({ description: "full where it is absent" }),
    started: time.optional(),
    devices: count.optional(),
    chunks: z.array(z.object({ sha256: z.string() })).optional(),
  })
  .openapi("RecordedEnd");

/** What is stored of a run, recomputed. */
export const verificationSchema = z
  .object({
    run_no: count,
    run_id: z.string(),
    passed: z.boolean(),
    undone_at: time.optional().openapi({
      description: "The run was taken back: what it alone had brought is not looked for any more",
    }),
    findings: z.array(z.object({ check: z.string(), is_right: z.boolean(), detail: z.string() })),
  })
  .openapi("RunVerification");

/** A source that was deleted, and what becomes of its records. */
export const deletedSourceSchema = z
  .object({
    source: sourceSchema,
    records: z.enum(["kept", "retiring", "held"]),
    held_retractions: z.array(count).openapi({ description: "To be allowed, or left" }),
  })
  .openapi("DeletedSource");

/** Whose records are to be moved. */
export const adoptionSchema = z
  .strictObject({
    from: z
      .string()
      .max(128)
      .optional()
      .openapi({ description: "Name or id of the deleted source" }),
  })
  .openapi("Adoption");

/** What an adoption did. */
export const adoptedSchema = z
  .object({
    moved: count,
    retired: count.openapi({ description: "Records that the new source lists itself" }),
  })
  .openapi("Adopted");

/** A record that a run changed. */
export const changedRecordSchema = z
  .object({
    record_no: count,
    kind: z.string().optional(),
    native: z.string().openapi({ description: "What its source calls it" }),
    device_id: z.string().optional().openapi({ description: "The device that it is of now" }),
    hostname: z.string().optional(),
    is_changed_since: z.boolean().openapi({
      description: "`after` is what stands now, which a later run or an undo changed again",
    }),
    fields: z.array(
      z.object({
        field: z.string().openapi({ example: "metadata.serial" }),
        before: z.unknown().optional(),
        after: z.unknown().optional(),
      }),
    ),
  })
  .openapi("ChangedRecord");

/** Whether a run is really to be undone. */
export const undoSchema = z
  .strictObject({
    dry_run: z.boolean().optional().openapi({ description: "Only tell what would be done" }),
    limit: z.number().int().min(1).max(PAGE_MAX).optional().openapi({
      description: "Of a dry run alone: how many of the records that go it names (100)",
    }),
    after: z.string().max(CURSOR_CHARS_MAX).optional().openapi({
      description: "Of a dry run alone: `next` of the one before",
    }),
  })
  .openapi("UndoRequest");

/** A record that undoing a run would remove. */
export const removedRecordSchema = z
  .object({
    record_no: count,
    kind: z.string().optional(),
    native: z.string().openapi({ description: "What its source calls it" }),
    device_id: z.string().optional().openapi({ description: "The device that it is of now" }),
    hostname: z.string().optional(),
    is_last: z.boolean().openapi({ description: "No record of the device stays: it goes too" }),
  })
  .openapi("RemovedRecord");

/** What undoing a run does or did, in records. */
export const undoneSchema = z
  .object({
    run_no: count,
    undo_no: count.optional().openapi({ description: "Absent from a dry run" }),
    removed: count.openapi({ description: "Only the run saw them" }),
    restored: count.openapi({ description: "They say again what they said before" }),
    undeleted: count.openapi({ description: "Their source had deleted them in the run" }),
    unretired: count.openapi({ description: "They had been retired because the run missed them" }),
    errored: count,
    kept: z.record(z.string(), count).openapi({ description: "Those that stay, by the reason" }),
    removes: z
      .array(removedRecordSchema)
      .optional()
      .openapi({ description: "Of a dry run: those that it would remove, a page of them" }),
    next: z.string().optional().openapi({ description: "`after` of the next page of them" }),
  })
  .openapi("RunUndo");

/** What undoing an undo did. */
export const redoneSchema = z
  .object({
    run_no: count,
    undo_no: count,
    redone: count,
    kept: count.openapi({ description: "Something else stands there by now" }),
  })
  .openapi("RunRedo");

/** Every setting with its value and bounds. */
export const retentionSchema = z
  .object({
    settings: z.array(
      z.object({
        name: z.string(),
        value: z.number().int(),
        default: z.number().int(),
        min: z.number().int(),
        max: z.number().int(),
        about: z.string(),
      }),
    ),
  })
  .openapi("Retention");

/** Settings that are to change. */
export const retentionChangeSchema = z
  .record(z.string(), z.number().int())
  .openapi("RetentionChange", { example: { absent_runs: 3, absent_hours: 24 } });
