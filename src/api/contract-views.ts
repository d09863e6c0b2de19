/** Of the contract: kept views of the device list. */
import { z } from "@hono/zod-openapi";

import { time } from "./contract.ts";

/** Bounds of a view: a query as SRQL has it, and fewer columns than a device has members, twice over. */
const QUERY_CHARS_MAX = 4_096;
const COLUMNS_MAX = 100;

const name = z.string().max(64);
const member = z.string().max(64);

/** A view that is to be kept. */
export const newViewSchema = z
  .object({
    query: z.string().max(QUERY_CHARS_MAX).default(""),
    columns: z.array(member).max(COLUMNS_MAX).default([]),
    sort: z
      .array(z.object({ field: member, descending: z.boolean().default(false) }).strict())
      .max(COLUMNS_MAX)
      .default([]),
    shared: z.boolean().default(false).openapi({ description: "Seen by all; needs operator" }),
  })
  .strict()
  .openapi("NewView");

/** A kept view. */
export const viewSchema = z
  .object({
    name,
    query: z.string(),
    columns: z.array(z.string()),
    sort: z.array(z.object({ field: z.string(), descending: z.boolean() })),
    shared: z.boolean(),
    owner: z.string().openapi({ example: "user:alice" }),
    is_own: z.boolean(),
    updated_at: time,
  })
  .openapi("View");
