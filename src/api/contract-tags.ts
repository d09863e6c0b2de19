/** Of the contract: tags that operators give to many devices at once. */
import { z } from "@hono/zod-openapi";

import { QUERY_MAX_CHARS } from "../model/srql-syntax.ts";
import { count, time } from "./contract.ts";

/** Devices that are named one by one: what somebody picks in a list. More are a query's. */
const PICKED_MAX = 1_000;
/** Tags of one change. */
const TAGS_MAX = 20;
const VALUE_CHARS_MAX = 255;

/** A key as a query can name it: tags.KEY. */
const key = z
  .string()
  .max(64)
  .regex(/^[\w-]+(?:\.[\w-]+)*$/, "letters, digits, _ and -, with dots between");
const value = z
  .string()
  .trim()
  .max(VALUE_CHARS_MAX)
  .regex(/^\P{Cc}*$/u, "has control characters");

/** A change of tags that is wanted. */
export const newTagChangeSchema = z
  .strictObject({
    query: z.string().trim().min(1).max(QUERY_MAX_CHARS).optional().openapi({
      description: "SRQL: all active devices that it finds; `in:devices` finds all",
    }),
    q: z.string().trim().min(1).max(255).optional().openapi({ description: "As in the list" }),
    device_ids: z.array(z.string().max(64)).min(1).max(PICKED_MAX).optional(),
    add: z
      .record(key, value)
      .default({})
      .openapi({ description: "Key and value; a bare word has the empty value" }),
    remove: z.array(key).max(TAGS_MAX).default([]).openapi({
      description: "Keys of tags that operators gave; those of sources stay",
    }),
    reason: z.string().max(1_000).default(""),
    dry_run: z.boolean().default(false),
  })
  .refine((wanted) => Object.keys(wanted.add).length <= TAGS_MAX, {
    message: `at most ${TAGS_MAX} tags at a time`,
    path: ["add"],
  })
  .refine(({ add, remove }) => Object.keys(add).length + remove.length > 0, {
    message: "nothing to add and nothing to remove",
  })
  .refine(({ add, remove }) => !remove.some((one) => Object.hasOwn(add, one)), {
    message: "a tag is added or removed, not both",
    path: ["remove"],
  })
  .refine(
    ({ query, q, device_ids: ids }) =>
      (ids === undefined) !== (query === undefined && q === undefined),
    { message: "say which devices: a query, or device_ids" },
  )
  .openapi("NewTagChange");

/** A change of tags, and how far it is. */
export const tagChangeSchema = z
  .object({
    change_no: count,
    state: z.enum(["running", "done", "undoing", "undone", "stopped"]).openapi({
      description:
        "Ask to go on while it is running or undoing; stopped: nobody did for a week, it can be taken back",
    }),
    actor: z.string(),
    reason: z.string(),
    query: z.string().optional(),
    q: z.string().optional(),
    device_ids: z.array(z.string()).optional(),
    add: z.record(z.string(), z.string()),
    remove: z.array(z.string()),
    devices: count.openapi({ description: "Devices that were worked so far" }),
    changed: count.openapi({ description: "Tags that are other than before" }),
    restored: count.openapi({ description: "Tags that are other since it was taken back" }),
    skipped: count.openapi({
      description: "Tags that stay though it is taken back: another change set them since",
    }),
    started_at: time,
    ended_at: time.optional(),
  })
  .openapi("TagChange");

/** What a change would reach. */
export const tagRehearsalSchema = z
  .object({
    is_rehearsal: z.literal(true),
    devices: count,
    devices_is_estimate: z.literal(true).optional(),
    skipped: z.array(z.string()).optional().openapi({
      description: "Of device_ids: those that are no longer active, which it would not reach",
    }),
  })
  .openapi("TagRehearsal");

/** What a change did to one tag. */
export const taggedSchema = z
  .object({
    device_id: z.string(),
    key: z.string(),
    before: z.string().optional().openapi({ description: "Absent: it was not there" }),
    after: z.string().optional().openapi({ description: "Absent: it is gone" }),
    is_undone: z.boolean(),
  })
  .openapi("Tagged");
