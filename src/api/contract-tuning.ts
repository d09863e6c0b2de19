import { z } from "@hono/zod-openapi";

import { WORKLOAD_BOUNDS } from "./workload-bounds.ts";

const count = z.int().min(0);

/** One setting of the tuning matrix as it is in force in the process that answers. */
const tunedSchema = z
  .object({
    name: z.string(),
    value: count,
    origin: z.enum(["set", "automatic"]).openapi({
      description: "set: by the environment. automatic: by what the database holds and can give",
    }),
    advised: count.optional().openapi({
      description: "For what there is now: what a start would choose if it is not set",
    }),
  })
  .openapi("TunedSetting");

/** How busy the connections of a part of the process are. */
const poolSchema = z
  .object({
    part: z.string().openapi({ description: "main: gateway and API; ingest", example: "main" }),
    size: count.openapi({ description: "Connections that it may open at once" }),
    busy: count,
    idle: count,
    waiting: count.openapi({ description: "Requests that wait for a connection" }),
    wait_ms: count.openapi({ description: "The least that a request waited in the last interval" }),
    timeouts: count.openapi({
      description: "Requests that failed with queue_timeout since the start",
    }),
  })
  .openapi("Pool");

/** How busy the database is. */
const databaseSchema = z
  .object({
    seconds: count.openapi({ description: "How long it was looked at, a minute at most" }),
    running: z
      .number()
      .min(0)
      .openapi({ description: "Sessions of ours that compute, on the average" }),
    lock_waiting: count.openapi({ description: "The most that waited for locks at once" }),
    lock_wait_ms: count.openapi({ description: "The longest of these waits" }),
    host: z
      .object({ processors: count, busy_percent: count })
      .optional()
      .openapi({ description: "Where the database is on the core's host" }),
  })
  .openapi("DatabaseLoad");

/** What the process that answers is tuned to. */
export const tuningSchema = z
  .object({
    settings: z.array(tunedSchema),
    why: z.array(z.string()).openapi({ description: "Of what was chosen at the start" }),
    workload_now: z
      .object({ max_connections: count, replicas: count, devices: count, tenants: count })
      .optional()
      .openapi({ description: "What advice is asked for now; devices by the planner's estimate" }),
    why_now: z.array(z.string()).optional().openapi({ description: "Of what is advised now" }),
    pools: z.array(poolSchema),
    database: databaseSchema.optional().openapi({ description: "Absent for the first seconds" }),
  })
  .openapi("Tuning");

/** A row of the tuning matrix for a workload. */
export const adviceSchema = z
  .object({
    max_connections: count,
    replicas: count,
    devices: count,
    tenants: count,
    workload: z.enum(["small", "medium", "large"]),
    workload_means: z.string(),
    pool_budget: count.openapi({ description: "floor(max_connections * 0.6 / replicas)" }),
    settings: z.array(z.object({ name: z.string(), value: count, row: z.string() })),
    why: z.array(z.string()),
  })
  .openapi("TuningAdvice");

const numberIn = (bounds: { readonly min: number; readonly max: number }): z.ZodNumber =>
  z.int().min(bounds.min).max(bounds.max);

/** The workload that advice is asked for. */
export const workloadQuery = z.strictObject({
  max_connections: z.coerce.number().pipe(numberIn(WORKLOAD_BOUNDS.maxConnections)),
  replicas: z.coerce.number().pipe(numberIn(WORKLOAD_BOUNDS.replicas)),
  devices: z.coerce.number().pipe(numberIn(WORKLOAD_BOUNDS.devices)),
  tenants: z.coerce.number().pipe(numberIn(WORKLOAD_BOUNDS.tenants)).optional(),
});
