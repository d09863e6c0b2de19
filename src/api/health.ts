/** What anybody may ask: is it alive, is it ready, what is it. */
import { z } from "@hono/zod-openapi";

import { MIGRATIONS } from "../db/migrations.gen.ts";
import { isoTime } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import type { ApiContext } from "./context.ts";
import { routesOf } from "./declare.ts";
import { answers, type Api } from "./routes.ts";

const status = z.object({ status: z.literal("ok") });
const version = z.object({ name: z.string(), version: z.string(), schema: z.string() });

/** Load balancers add parameters of their own to what they probe. */
const request = { query: z.looseObject({}) };

const route = routesOf("health");
const healthz = route.get("/healthz", "nobody", {
  summary: "The process answers",
  request,
  gives: { 200: answers(status, "It does") },
});
const readyz = route.get("/readyz", "nobody", {
  summary: "The database answers and has this program's schema",
  request,
  gives: { 200: answers(status, "Ready") },
});
const versionRoute = route.get("/version", "nobody", {
  summary: "Which release this is",
  request,
  gives: { 200: answers(version, "The release and its newest schema step") },
});
const writeCheck = route.post("/api/v1/write-check", "platform", {
  summary: "Write a row of no meaning: the database takes writes and keeps them",
  gives: { 200: answers(status, "It was committed") },
});

/** Adds what an installer asks after an upgrade. A probe that comes every few seconds is not to write, so /readyz does not. */
export function addWriteCheck(app: Api, { db, clock }: ApiContext): void {
  app.openapi(writeCheck, async (c) => {
    await db.across("schema").query(
      `insert into sync.settings (name, value) values ('write_check', $1)
       on conflict (name) do update set value = excluded.value`,
      [isoTime(clock.now())],
    );
    return c.json({ status: "ok" as const }, 200);
  });
}

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
