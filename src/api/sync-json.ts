/** Sources out of the sync.json of the original's standalone service: what it is today, what cannot be used, and what has no meaning any more. */
import { z } from "@hono/zod-openapi";

import { readSource, type SourceDraft } from "../control/source-settings.ts";
import { migrateSyncJson, type MigratedSyncJson } from "../model/sync-json.ts";
import type { ApiContext } from "./context.ts";
import { migratedSourcesSchema, syncJsonSchema } from "./contract-sources.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, takes, TENANT_PATH, tenantParams, type Api } from "./routes.ts";
import { applyDrafts } from "./source-change.ts";

const route = routesOf("sources");
const migrate = route.post(`${TENANT_PATH}/sync-json`, "operator", {
  summary: "Make sources of the sync.json of the original's standalone service",
  request: {
    params: tenantParams,
    query: z.strictObject({
      agent_id: z.string().max(128).optional().openapi({
        description: "The agent that is to run them; a dry run needs none",
      }),
      dry_run: z.stringbool().default(false).openapi({
        type: "boolean",
        description: "Only tell what would be made, and what not",
      }),
    }),
    body: takes(syncJsonSchema),
  },
  gives: { 200: answers(migratedSourcesSchema, "What was made, and what was not taken over") },
});

/** Adds the route. */
export function addSyncJson(app: Api, context: ApiContext): void {
  app.openapi(migrate, async (c) => {
    const { agent_id: agentId, dry_run: isDryRun } = c.req.valid("query");
    const migrated = migrateSyncJson(c.req.valid("json"));
    if (!migrated.ok) throw new Problem("invalid_source", migrated.error);
    const { drafts, refused } = sorted(migrated.value.payload);
    const left_behind = migrated.value.leftBehind.map((one) => ({ ...one }));
    if (isDryRun) {
      const would_make = drafts.map(({ name }) => name);
      return c.json({ would_make, refused, left_behind }, 200);
    }
    if (agentId === undefined) {
      throw new Problem("invalid_request", "agent_id: is missing; only a dry run needs none");
    }
    const applying = { tenant: c.get("tenant"), agentId, actor: c.get("caller").actor };
    const applied = await applyDrafts(context, applying, drafts);
    return c.json({ applied, refused, left_behind }, 200);
  });
}

/** One source that cannot be used does not keep the others back. */
function sorted({ poll_interval: pollInterval, sources }: MigratedSyncJson["payload"]): {
  readonly drafts: readonly SourceDraft[];
  readonly refused: { name: string; why: string }[];
} {
  const read = Object.entries(sources).map(([name, source]) => ({
    name,
    draft: readSource(name, source, { pollInterval }),
  }));
  return {
    drafts: read.flatMap(({ draft }) => (draft.ok ? [draft.value] : [])),
    refused: read.flatMap(({ name, draft }) => (draft.ok ? [] : [{ name, why: draft.error }])),
  };
}
