/** How far runs are while they go on, as fresh as a second: what their agents tell, and what the core has made of it. */
import { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Queryable } from "../db/session.ts";
import { runsUnderWay, type RunUnderWay } from "../inbox/progress-store.ts";
import type { Run } from "../inbox/run-list.ts";
import { runProgressSchema } from "./contract-sources.ts";
import { routesOf } from "./declare.ts";
import { answers, TENANT_PATH, tenantParams, timeOf, type Api } from "./routes.ts";

type Shown = z.infer<typeof runProgressSchema>;

const route = routesOf("runs");
const list = route.get(`${TENANT_PATH}/progress`, "viewer", {
  summary: "Runs under way, each with how far it is",
  request: { params: tenantParams },
  gives: {
    200: answers(z.object({ runs: z.array(runProgressSchema) }), "By agent and source"),
  },
});

/** Adds it. */
export function addProgress(app: Api): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const names = await sourceNames(db, tenant);
    return c.json({ runs: await liveRuns(db, tenant, { names, isAny: true }) }, 200);
  });
}

/** Runs under way, asked for only where there may be any. */
export async function liveRuns(
  db: Queryable,
  tenant: number,
  { names, isAny }: { readonly names: ReadonlyMap<string, string>; readonly isAny: boolean },
): Promise<Shown[]> {
  return isAny ? (await runsUnderWay(db, tenant)).map((run) => shown(run, names)) : [];
}

/** The progress of a run, where it has one. */
export function progressOf(
  { runNo }: Run,
  live: readonly Shown[],
): { readonly progress?: Shown | undefined } {
  const progress = live.find((run) => run.run_no === runNo);
  return progress === undefined ? {} : { progress };
}

function shown(run: RunUnderWay, names: ReadonlyMap<string, string>): Shown {
  const { waiting } = run;
  return {
    source: names.get(run.serviceId) ?? run.serviceId,
    source_id: run.serviceId,
    agent_id: run.agentId,
    run_id: run.runId,
    run_no: run.runNo,
    kind: run.kind,
    started_at: timeOf(run.startedMs),
    told_at: timeOf(run.toldMs),
    pages: run.pages,
    total: run.total,
    fetched: run.fetched,
    streamed: run.streamed,
    ingested: run.ingested,
    reconciled: run.reconciled,
    rejected: run.rejected,
    waiting: waiting && { reason: waiting.reason, until: timeOf(waiting.untilMs) },
  };
}
