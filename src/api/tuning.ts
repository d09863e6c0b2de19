import { createRoute, type z } from "@hono/zod-openapi";

import { advise, TUNED, type Workload } from "../model/tuning.ts";
import type { ApiContext, TuningInForce } from "./context.ts";
import { adviceSchema, tuningSchema, workloadQuery } from "./contract-tuning.ts";
import { Problem } from "./errors.ts";
import { answers, needs, PROBLEMS, type Api } from "./routes.ts";

const tags = ["tuning"];

const inForce = createRoute({
  method: "get",
  path: "/api/v1/tuning",
  tags,
  summary: "What this process is tuned to, and how busy its database connections are",
  ...needs("platform"),
  responses: { 200: answers(tuningSchema, "As it is now"), ...PROBLEMS },
});

const advice = createRoute({
  method: "get",
  path: "/api/v1/tuning/advice",
  tags,
  summary: "The row of the tuning matrix for a workload, and why",
  ...needs("platform"),
  request: { query: workloadQuery },
  responses: { 200: answers(adviceSchema, "The row"), ...PROBLEMS },
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
    })),
    why: [...now.why],
    pools: Object.entries(now.pools).map(([part, { delayMs, ...load }]) => ({
      part,
      ...load,
      wait_ms: Math.round(delayMs),
    })),
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
