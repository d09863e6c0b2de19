/** Who changed what. */
import type { z } from "@hono/zod-openapi";

import { listAudit, PLATFORM_TENANT, type AuditedEntry } from "../control/audit.ts";
import type { Db } from "../db/pool.ts";
import type { ApiContext } from "./context.ts";
import { auditQuery, auditSchema } from "./contract-people.ts";
import { pageOf } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, pageWithNext, TENANT_PATH, tenantParams, timeOf, type Api } from "./routes.ts";

const route = routesOf("audit");
const entries = pageOf("entries", auditSchema);

const ofTenant = route.get(`${TENANT_PATH}/audit`, "admin", {
  summary: "Changes of the tenant and decisions in it, newest first",
  request: { params: tenantParams, query: auditQuery },
  gives: { 200: answers(entries, "One page") },
});

const ofPlatform = route.get("/api/v1/audit", "platform", {
  summary: "Changes of users and of the platform, newest first",
  request: { query: auditQuery },
  gives: { 200: answers(entries, "One page") },
});

/** Adds the routes of the audit. */
export function addAudit(app: Api, { db }: ApiContext): void {
  app.openapi(ofTenant, async (c) =>
    c.json(await page(c.get("db"), c.get("tenant").tenant, c.req.valid("query")), 200),
  );
  app.openapi(ofPlatform, async (c) =>
    c.json(await page(db.forTenant(PLATFORM_TENANT), PLATFORM_TENANT, c.req.valid("query")), 200),
  );
}

async function page(
  db: Db,
  tenant: number,
  { limit, after, actor, action, subject }: z.infer<typeof auditQuery>,
): Promise<z.infer<typeof entries>> {
  const before = after === undefined ? undefined : numberOf(after);
  const found = await listAudit(db, tenant, { actor, action, subject, before, limit: limit + 1 });
  const { rows, next } = pageWithNext(found, limit, ({ auditNo }) => `u${auditNo}`);
  return { entries: rows.map(shown), next };
}

/** Entries are numbered beyond an int. */
function numberOf(cursor: string): number {
  if (/^u\d{1,15}$/.test(cursor)) return Number(cursor.slice(1));
  throw new Problem("invalid_request", `after: "${cursor}" is not the \`next\` of such a list`);
}

function shown(entry: AuditedEntry): z.infer<typeof auditSchema> {
  const { auditNo, atMs, actor, action, subject, before, after } = entry;
  return {
    audit_no: auditNo,
    at: timeOf(atMs),
    actor,
    action,
    subject,
    ...(before == null ? {} : { before }),
    ...(after == null ? {} : { after }),
  };
}
