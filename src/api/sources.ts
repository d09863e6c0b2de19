import { createRoute, z } from "@hono/zod-openapi";

import { findAgent } from "../control/agents.ts";
import { readPayload, readSource, type SourceDraft } from "../control/source-settings.ts";
import {
  applySource,
  enableSource,
  findSource,
  listSources,
  type Source,
} from "../control/sources.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { lastRuns } from "../inbox/run-list.ts";
import type { ApiContext } from "./context.ts";
import {
  appliedSourceSchema,
  payloadSchema,
  sourcePatchSchema,
  sourceSchema,
} from "./contract-sources.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  needs,
  paramsWith,
  PROBLEMS,
  takes,
  TENANT_PATH,
  tenantParams,
  type Api,
} from "./routes.ts";
import { changesOf, payloadOf, shownSource } from "./source-view.ts";

const tags = ["sources"];
const params = paramsWith("source", "Name or id of the source");
const ONE = `${TENANT_PATH}/sources/{source}` as const;

const list = createRoute({
  method: "get",
  path: `${TENANT_PATH}/sources`,
  tags,
  summary: "Sources, by name",
  ...needs("viewer"),
  request: { params: tenantParams },
  responses: {
    200: answers(z.object({ sources: z.array(sourceSchema) }), "All of the tenant's"),
    ...PROBLEMS,
  },
});

const apply = createRoute({
  method: "post",
  path: `${TENANT_PATH}/sources`,
  tags,
  summary: "Make or change the sources of an integration payload",
  ...needs("operator"),
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
  responses: {
    200: answers(z.object({ applied: z.array(appliedSourceSchema) }), "What became of each"),
    ...PROBLEMS,
  },
});

const get = createRoute({
  method: "get",
  path: ONE,
  tags,
  summary: "One source",
  ...needs("viewer"),
  request: { params },
  responses: { 200: answers(sourceSchema, "The source"), ...PROBLEMS },
});

const change = createRoute({
  method: "patch",
  path: ONE,
  tags,
  summary: "Change some settings of a source",
  ...needs("operator"),
  request: { params, body: takes(sourcePatchSchema) },
  responses: { 200: answers(appliedSourceSchema, "What was changed"), ...PROBLEMS },
});

const enable = createRoute({
  method: "post",
  path: `${ONE}/enable`,
  tags,
  summary: "Have the agent run a source",
  ...needs("operator"),
  request: { params },
  responses: { 200: answers(sourceSchema, "The source as it is now"), ...PROBLEMS },
});

const disable = createRoute({
  method: "post",
  path: `${ONE}/disable`,
  tags,
  summary: "Have the agent leave a source alone",
  ...needs("operator"),
  request: { params },
  responses: { 200: answers(sourceSchema, "The source as it is now"), ...PROBLEMS },
});

/** Adds the routes of sources. */
export function addSources(app: Api, context: ApiContext): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const sources = await listSources(db, tenant);
    const ids = sources.map(({ serviceId }) => serviceId);
    const runs = await lastRuns(db, tenant, ids);
    return c.json(
      { sources: sources.map((source) => shownSource(source, runs.get(source.serviceId))) },
      200,
    );
  });
  app.openapi(apply, async (c) => {
    const db = c.get("db");
    const drafts = readPayload(c.req.valid("json"));
    if (!drafts.ok) throw new Problem("invalid_source", drafts.error);
    const { agent_id: agentId, enabled: isEnabled } = c.req.valid("query");
    const applying = {
      tenant: c.get("tenant"),
      agentId,
      isEnabled,
      actor: c.get("caller").actor,
    };
    await checkDrafts(db, applying, drafts.value);
    const applied: z.infer<typeof appliedSourceSchema>[] = [];
    for (const draft of drafts.value) applied.push(await store(context, applying, draft));
    return c.json({ applied }, 200);
  });
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const tenant = c.get("tenant");
    return c.json(await shownNow(db, tenant, c.req.valid("param").source), 200);
  });
  app.openapi(change, async (c) => {
    const db = c.get("db");
    const tenant = c.get("tenant");
    const known = await sourceNamed(db, tenant, c.req.valid("param").source);
    const { agent_id: agent, ...patch } = c.req.valid("json");
    const draft = patched(known, patch);
    const agentId = typeof agent === "string" ? agent : known.agentId;
    const applying = { tenant, agentId, actor: c.get("caller").actor };
    await checkDrafts(db, applying, [draft]);
    return c.json(await store(context, applying, draft), 200);
  });
  for (const [route, enabled] of [
    [enable, true],
    [disable, false],
  ] as const) {
    app.openapi(route, async (c) => {
      const db = c.get("db");
      const tenant = c.get("tenant");
      const source = await sourceNamed(db, tenant, c.req.valid("param").source);
      const { actor } = c.get("caller");
      await enableSource(db, tenant.tenant, { nameOrId: source.serviceId, enabled, actor });
      return c.json(await shownNow(db, tenant, source.serviceId), 200);
    });
  }
}

/** A source by its name or id; an unknown one is a problem of the request. */
export async function sourceNamed(
  db: Db,
  { tenant, slug }: Tenant,
  nameOrId: string,
): Promise<Source> {
  const source = await findSource(db, tenant, nameOrId);
  if (source !== undefined) return source;
  throw new Problem("source_not_found", `tenant "${slug}" has no source "${nameOrId}"`);
}

async function shownNow(
  db: Db,
  tenant: Tenant,
  nameOrId: string,
): Promise<z.infer<typeof sourceSchema>> {
  const source = await sourceNamed(db, tenant, nameOrId);
  const runs = await lastRuns(db, tenant.tenant, [source.serviceId]);
  return shownSource(source, runs.get(source.serviceId));
}

/**
 * What a draft by itself does not show: a source's records are keyed by what its type calls its devices, so another type
 * under the same id would mix two systems.
 */
async function checkDrafts(
  db: Db,
  { tenant: { tenant }, agentId }: Applying,
  drafts: readonly SourceDraft[],
): Promise<void> {
  const agent = await findAgent(db, tenant, agentId);
  for (const { name, type, partition = agent?.partition } of drafts) {
    if (agent !== undefined && partition !== agent.partition) {
      throw new Problem(
        "invalid_source",
        `source "${name}": partition "${partition}" is not that of agent "${agentId}", which is in "${agent.partition}"; leave it out, or name an agent there`,
      );
    }
    const known = await findSource(db, tenant, name);
    if (known === undefined || known.type === type) continue;
    throw new Problem(
      "invalid_source",
      `source "${name}": type is ${known.type} and cannot become ${type}; choose another name, or delete the source first`,
    );
  }
}

type Applying = {
  readonly tenant: Tenant;
  readonly agentId: string;
  readonly actor: string;
  readonly isEnabled?: boolean;
};

async function store(
  { db: dbs, sealer }: ApiContext,
  { tenant, agentId, actor, isEnabled }: Applying,
  draft: SourceDraft,
): Promise<z.infer<typeof appliedSourceSchema>> {
  const db = dbs.forTenant(tenant.tenant);
  const before = await findSource(db, tenant.tenant, draft.name);
  const stored = await applySource(db, tenant.tenant, { draft, agentId, actor, sealer, isEnabled });
  if (!stored.ok) throw new Problem("agent_not_found", stored.error);
  const { source, outcome } = stored.value;
  return {
    outcome,
    changes: before === undefined ? [] : changesOf(before, source),
    credentials_set: Object.keys(draft.credentials ?? {}).toSorted(),
    source: shownSource(source),
  };
}

/** Members that other requests change, or that nothing does. */
const FIXED: Readonly<Record<string, string>> = {
  name: "a source keeps its name",
  enabled: "use enable or disable",
};

function patched(known: Source, patch: Readonly<Record<string, unknown>>): SourceDraft {
  const fixed = Object.keys(patch).find((member) => member in FIXED);
  if (fixed !== undefined) {
    throw new Problem("invalid_source", `source "${known.name}": ${fixed}: ${FIXED[fixed]}`);
  }
  const members = Object.entries({ ...payloadOf(known), ...patch });
  const payload = Object.fromEntries(members.filter(([, value]) => value !== null));
  const draft = readSource(known.name, payload);
  if (draft.ok) return draft.value;
  throw new Problem("invalid_source", `source "${known.name}": ${draft.error}`);
}
