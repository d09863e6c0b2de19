/** What anybody may ask: is it alive, is it ready, what is it. */
import { createRoute, z } from "@hono/zod-openapi";

import { MIGRATIONS } from "../db/migrations.gen.ts";
import { SyncError } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import type { ApiContext } from "./context.ts";
import { answers, PROBLEMS, type Api } from "./routes.ts";

const status = z.object({ status: z.literal("ok") });
const version = z.object({ name: z.string(), version: z.string(), schema: z.string() });

const healthz = createRoute({
  method: "get",
  path: "/healthz",
  tags: ["health"],
  summary: "The process answers",
  responses: { 200: answers(status, "It does") },
});

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  tags: ["health"],
  summary: "The database answers and has this program's schema",
  responses: { 200: answers(status, "Ready"), ...PROBLEMS },
});

const versionRoute = createRoute({
  method: "get",
  path: "/version",
  tags: ["health"],
  summary: "Which release this is",
  responses: { 200: answers(version, "The release and its newest schema step") },
});

/** Adds /healthz, /readyz and /version. */
export function addHealth(app: Api, { db }: ApiContext): void {
  app.openapi(healthz, (c) => c.json({ status: "ok" as const }, 200));
  app.openapi(readyz, async (c) => {
    // One statement proves server, connection, database and migrations at once.
    const { rows } = await db
      .across("schema")
      .query<{ id: number }>("select max(id) as id from sync.migrations");
    const newest = MIGRATIONS.at(-1)?.id ?? 0;
    if ((rows[0]?.id ?? 0) < newest) {
      throw new SyncError("db_schema_older", `the schema is not at step ${newest} yet`, {
        retry: "transient",
      });
    }
    return c.json({ status: "ok" as const }, 200);
  });
  app.openapi(versionRoute, (c) => {
    const schema = MIGRATIONS.at(-1)?.name ?? "";
    return c.json({ name: "serviceradar-core", version: VERSION, schema }, 200);
  });
}
