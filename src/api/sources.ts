import { z } from "@hono/zod-openapi";
import type { Context } from "hono";

import { readPayload } from "../control/source-settings.ts";
import { enableSource, listSources, type Source } from "../control/sources.ts";
import type { Tenant } from "../control/tenants.ts";
import { lastRuns, lastRunsOfEach } from "../inbox/run-list.ts";
import type { ApiEnv } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import {
  appliedSourceSchema,
  payloadSchema,
  sourcePatchSchema,
  sourceSchema,
} from "./contract-sources.ts";
import { pageOf } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { expectationOf, ifMatch, noteEdited } from "./if-match.ts";
import { foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import { answers, paramsWith, takes, TENANT_PATH, tenantParams, type Api } from "./routes.ts";
import { applyDrafts, changeSource, sourceNamed } from "./source-change.ts";
import { shownSource } from "./source-view.ts";

const route = routesOf("sources");
/** Last runs of a source in a list: four hours of one that is pulled every ten minutes, and 12,000 rows of the longest page. */
const RUNS_MAX = 24;
const params = paramsWith("source", "Name or id of the source");
const ONE = `${TENANT_PATH}/sources/{source}` as const;

const list = route.get(`${TENANT_PATH}/sources`, "viewer", {
  summary: "Sources, by name",
  request: {
    params: tenantParams,
    query: foundQuery.extend({
      agent_id: z.string().max(128).optional().openapi({ description: "Only those it pulls" }),
      name: z.string().max(128).optional().openapi({ description: "Only the one called so" }),
      runs: z.coerce.number().int().min(0).max(RUNS_MAX).default(0).openapi({
        description: "How many of each source's last runs come along, as `last_runs`",
      }),
    }),
  },
  gives: { 200: answers(pageOf("sources", sourceSchema), "One page") },
});

const apply = route.post(`${TENANT_PATH}/sources`, "operator", {
  summary: "Make or change the sources of an integration payload",
  request: {
    params: tenantParams,
    query: z.strictObject({
      agent_id: z.string().max(128).openapi({ description: "The agent that is to run them" }),
      enabled: z.stringbool().default(true).openapi({
        type: "boolean",
        description:
          "False: new sources wait until they are enabled; those that exist stay as they are",
      }),
    }),
    body: takes(payloadSchema),
  },
  gives: {
    200: answers(z.object({ applied: z.array(appliedSourceSchema) }), "What became of each"),
  },
});

const get = route.get(ONE, "viewer", {
  summary: "One source",
  request: { params },
  gives: { 200: answers(sourceSchema, "The source") },
});

const change = route.patch(ONE, "operator", {
  summary: "Change some settings of a source",
  request: { params, headers: ifMatch, body: takes(sourcePatchSchema) },
  gives: { 200: answers(appliedSourceSchema, "What was changed") },
});

const enable = route.post(`${ONE}/enable`, "operator", {
  summary: "Have the agent run a source",
  request: { params, headers: ifMatch },
  gives: { 200: answers(sourceSchema, "The source as it is now") },
});

const disable = route.post(`${ONE}/disable`, "operator", {
  summary: "Have the agent leave a source alone",
  request: { params, headers: ifMatch },
  gives: { 200: answers(sourceSchema, "The source as it is now") },
});

const BY_NAME: KeyedList<Source, readonly [string]> = {
  letter: "s",
  kinds: ["text"],
  keyOf: ({ name }) => [name],
};

/** Adds the routes of sources. */
export function addSources(app: Api, context: ApiContext): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { q: text, agent_id: agentId, name, runs: wanted, ...page } = c.req.valid("query");
    const { rows, next } = await keyedPage(BY_NAME, page, ({ after: [after] = [], limit }) =>
      listSources(db, tenant, { after, limit, text, agentId, name }),
    );
    const instances = rows.map(({ serviceId }) => serviceId);
    const runs = await lastRunsOfEach(db, tenant, { instances, limit: Math.max(1, wanted) });
    const sources = rows.map((source) => {
      const last = runs.get(source.serviceId) ?? [];
      return shownSource(source, last[0], wanted === 0 ? undefined : last);
    });
    return c.json({ sources, next }, 200);
  });
  app.openapi(apply, async (c) => {
    const drafts = readPayload(c.req.valid("json"));
    if (!drafts.ok) throw new Problem("invalid_source", drafts.error);
    const { agent_id: agentId, enabled: isEnabled } = c.req.valid("query");
    const applying = {
      tenant: c.get("tenant"),
      agentId,
      isEnabled,
      actor: c.get("caller").actor,
    };
    return c.json({ applied: await applyDrafts(context, applying, drafts.value) }, 200);
  });
  app.openapi(get, async (c) => {
    const tenant = c.get("tenant");
    return c.json(await shownNow(c, tenant, c.req.valid("param").source), 200);
  });
  app.openapi(change, async (c) => {
    const { agent_id: agent, ...patch } = c.req.valid("json");
    const agentId = typeof agent === "string" ? agent : undefined;
    const applied = await changeSource(context, {
      tenant: c.get("tenant"),
      nameOrId: c.req.valid("param").source,
      agentId,
      patch,
      actor: c.get("caller").actor,
      expect: expectedSource(c),
    });
    noteEdited(c, applied.source);
    return c.json(applied, 200);
  });
  for (const [one, enabled] of [
    [enable, true],
    [disable, false],
  ] as const) {
    app.openapi(one, async (c) => {
      const db = c.get("db");
      const tenant = c.get("tenant");
      const source = await sourceNamed(db, tenant, c.req.valid("param").source);
      const { actor } = c.get("caller");
      const { serviceId } = source;
      const expect = expectedSource(c);
      await enableSource(db, tenant.tenant, { nameOrId: serviceId, enabled, actor, expect });
      return c.json(await shownNow(c, tenant, serviceId), 200);
    });
  }
}

/** What the request takes the source to be. */
export function expectedSource(c: Context<ApiEnv>): (known: Source | undefined) => void {
  const expect = expectationOf(c, "the source");
  return (known) => expect(known && shownSource(known));
}

/** A source with its last run, which does not count for its tag: it is nothing that anybody edits. */
async function shownNow(
  c: Context<ApiEnv>,
  tenant: Tenant,
  nameOrId: string,
): Promise<z.infer<typeof sourceSchema>> {
  const db = c.get("db");
  const source = await sourceNamed(db, tenant, nameOrId);
  const runs = await lastRuns(db, tenant.tenant, [source.serviceId]);
  noteEdited(c, shownSource(source));
  return shownSource(source, runs.get(source.serviceId));
}
