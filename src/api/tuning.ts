import type { z } from "@hono/zod-openapi";

import type { DatabaseLoad } from "../model/database-load.ts";
import { advise, TUNED, type Workload } from "../model/tuning.ts";
import type { ApiContext, TuningInForce } from "./context.ts";
import { adviceSchema, tuningSchema, workloadQuery } from "./contract-tuning.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, type Api } from "./routes.ts";

const route = routesOf("tuning");

const inForce = route.get("/api/v1/tuning", "platform", {
  summary: "What this process is tuned to, and how busy its database connections are",
  gives: { 200: answers(tuningSchema, "As it is now") },
});

const advice = route.get("/api/v1/tuning/advice", "platform", {
  summary: "The row of the tuning matrix for a workload, and why",
  request: { query: workloadQuery },
  gives: { 200: answers(adviceSchema, "The row") },
});

/** Adds the routes of tuning. */
export function addTuning(app: Api, { tuning }: ApiContext): void {
  app.openapi(inForce, (c) => {
    if (tuning === undefined) {
      throw new Problem("not_found", "only a running server is tuned: serviceradar-core serve");
    }
    return c.json(shownTuning(tuning()), 200);
  });
  app.openapi(advice, (c) => {
    const { max_connections: maxConnections, tenants = 1, ...rest } = c.req.valid("query");
    return c.json(adviceBody({ maxConnections, tenants, ...rest }), 200);
  });
}

/** The same as JSON. */
export function shownTuning(now: TuningInForce): z.infer<typeof tuningSchema> {
  return {
    settings: TUNED.map((name) => ({
      name,
      value: now.tuning[name],
      origin: now.isGiven(name) ? ("set" as const) : ("automatic" as const),
      advised: now.now?.tuning[name],
    })),
    why: [...now.why],
    workload_now: now.now && shownWorkload(now.now.workload),
    why_now: now.now && [...now.now.why],
    pools: Object.entries(now.pools).map(([part, { delayMs, ...load }]) => ({
      part,
      ...load,
      wait_ms: Math.round(delayMs),
    })),
    database: now.database && shownLoad(now.database),
  };
}

function shownWorkload({ maxConnections, ...rest }: Omit<Workload, "cores">) {
  const { replicas, devices, tenants } = rest;
  return { max_connections: maxConnections, replicas, devices, tenants };
}

function shownLoad({ seconds, running, lockWaiting, lockWaitMs, host }: DatabaseLoad) {
  return {
    seconds,
    running,
    lock_waiting: lockWaiting,
    lock_wait_ms: lockWaitMs,
    host: host && { processors: host.processors, busy_percent: host.busyPercent },
  };
}

/** Advice as JSON, for the API and for the command, which needs no server for it. */
export function adviceBody(workload: Omit<Workload, "cores">): z.infer<typeof adviceSchema> {
  const { row, poolBudget, tuning, why } = advise(workload);
  const { maxConnections, replicas, devices, tenants } = workload;
  return {
    max_connections: maxConnections,
    replicas,
    devices,
    tenants,
    workload: row.name,
    workload_means: row.workload,
    pool_budget: poolBudget,
    settings: TUNED.map((name) => {
      const [least, most] = row.ranges[name];
      return { name, value: tuning[name], row: least === most ? `${least}` : `${least}-${most}` };
    }),
    why: [...why],
  };
}
