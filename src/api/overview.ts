/** A tenant at a glance: one answer for the first page. */
import type { z } from "@hono/zod-openapi";

import { countAgents, countAsOffered } from "../control/agent-state.ts";
import { countWithoutAgent, listSources } from "../control/sources.ts";
import type { Db } from "../db/pool.ts";
import { reviewCounts } from "../dire/review-counts.ts";
import { inboxStatus } from "../inbox/inbox-status.ts";
import { lastRuns, lastWhole } from "../inbox/run-list.ts";
import type { ApiContext } from "./context.ts";
import { overviewSchema } from "./contract-overview.ts";
import { routesOf } from "./declare.ts";
import type { RecentCounts } from "./recent-counts.ts";
import { answers, TENANT_PATH, tenantParams, timeOf, type Api } from "./routes.ts";
import { isShort, lookRank, sourceStateOf, type SourceState } from "./source-standing.ts";
import { summaryOf } from "./source-view.ts";

type Overview = z.infer<typeof overviewSchema>;

/** Sources that are listed; the page of sources has the others. */
const SOURCES_MAX = 200;

const route = routesOf("overview");
const get = route.get(`${TENANT_PATH}/overview`, "viewer", {
  summary: "A tenant at a glance",
  request: { params: tenantParams },
  gives: { 200: answers(overviewSchema, "As it is now") },
});

/** Adds the route of the overview. */
export function addOverview(app: Api, { clock }: ApiContext, counts: RecentCounts): void {
  app.openapi(get, async (c) => {
    const { tenant } = c.get("tenant");
    const { atMs, standing } = await c.get("listing")((db) => counts.of(db, tenant));
    const db = c.get("db");
    const { available, unavailable, unknown } = standing;
    const body: Overview = {
      counted_at: timeOf(atMs),
      devices: { total: available + unavailable + unknown, ...standing },
      ...(await standingOf(db, tenant, clock.now())),
      sources_without_agent: await countWithoutAgent(db, tenant),
      agents_as_offered: await countAsOffered(db, tenant),
    };
    return c.json(body, 200);
  });
}

/** How a tenant fares, without its devices. */
export async function standingOf(
  db: Db,
  tenant: number,
  nowMs: number,
): Promise<
  Omit<Overview, "counted_at" | "devices" | "sources_without_agent" | "agents_as_offered">
> {
  const { revoked: _, ...agents } = await countAgents(db, tenant, nowMs);
  const inbox = await inboxStatus(db, tenant, 0);
  const review = await reviewCounts(db, tenant);
  return {
    ...(await sourcesOf(db, tenant, nowMs)),
    agents: {
      total: Object.values(agents).reduce((sum, one) => sum + one, 0),
      ...agents,
    },
    inbox: {
      waiting: inbox.waiting,
      waiting_bytes: inbox.waitingBytes,
      parked: inbox.parked,
      unpublished: inbox.unpublished,
      lag_ms: Math.max(0, nowMs - (inbox.oldestMs ?? nowMs)),
    },
    review: {
      quarantine: review.quarantine,
      contested: review.contested,
      held_retractions: review.heldRetractions,
      storms: review.storms,
    },
  };
}

async function sourcesOf(
  db: Db,
  tenant: number,
  nowMs: number,
): Promise<Pick<Overview, "sources" | "source_counts" | "freshness">> {
  const sources = await listSources(db, tenant);
  const ids = sources.map(({ serviceId }) => serviceId);
  const [runs, whole] = [await lastRuns(db, tenant, ids), await lastWhole(db, tenant, ids)];
  const standing = sources.map((source) => {
    const [lastRun, wholeMs] = [runs.get(source.serviceId), whole.get(source.serviceId)];
    return { source, lastRun, wholeMs, state: sourceStateOf(source, { lastRun, wholeMs, nowMs }) };
  });
  const rank = ({ state, lastRun }: (typeof standing)[number]): number => lookRank(state, lastRun);
  const shown = standing.toSorted((a, b) => rank(a) - rank(b)).slice(0, SOURCES_MAX);
  const counted = (wanted: SourceState): number =>
    standing.filter(({ state }) => state === wanted).length;
  const wholeMs = standing
    .filter(({ source }) => source.enabled)
    .flatMap((one) => one.wholeMs ?? []);
  return {
    sources: shown.map(({ source, lastRun, wholeMs: endedMs, state }) => ({
      id: source.serviceId,
      name: source.name,
      type: source.type,
      agent_id: source.agentId,
      state,
      last_run: lastRun && summaryOf(lastRun),
      last_whole_at: timeOf(endedMs),
    })),
    source_counts: {
      total: sources.length,
      disabled: counted("disabled"),
      never_run: counted("never_run"),
      running: counted("running"),
      ok: counted("ok"),
      failing: counted("failing"),
      stale: counted("stale"),
      partial: standing.filter(({ state, lastRun }) => isShort(state, lastRun)).length,
    },
    freshness: {
      newest_run_at: timeOf(
        [...runs.values()].map(({ activeMs }) => activeMs).toSorted((a, b) => b - a)[0],
      ),
      oldest_whole_at: timeOf(wholeMs.toSorted((a, b) => a - b)[0]),
    },
  };
}
