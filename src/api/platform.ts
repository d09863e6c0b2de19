/** What the platform's administrator sees of all tenants: whether each works, and never a device of it. */
import { createRoute, z } from "@hono/zod-openapi";

import { listAuthorities } from "../control/authority-import.ts";
import { listRefusals } from "../control/refusal-list.ts";
import { listTenants, type Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { deviceStanding } from "../inventory/tenant-counts.ts";
import type { ApiContext } from "./context.ts";
import { tenantHealthSchema } from "./contract-overview.ts";
import { standingOf } from "./overview.ts";
import { answers, needs, PROBLEMS, timeOf, type Api } from "./routes.ts";

/** Tenants of one page: each costs half a dozen queries. */
const TENANTS_MAX = 50;
/** Kinds of refusal that are summed up; more than that a tenant's agents never had. */
const REFUSALS_MAX = 1_000;

type Health = z.infer<typeof tenantHealthSchema>;

const health = createRoute({
  method: "get",
  path: "/api/v1/tenant-health",
  tags: ["tenants"],
  summary: "How each tenant fares: agents, sources, inbox, authorities, refusals; no devices",
  ...needs("platform"),
  request: { query: z.strictObject({ after: z.string().max(128).optional() }) },
  responses: {
    200: answers(
      z.object({ tenants: z.array(tenantHealthSchema), next: z.string().optional() }),
      "By slug, one page",
    ),
    ...PROBLEMS,
  },
});

/** Adds the route of all tenants' health. */
export function addPlatform(app: Api, { db, clock }: ApiContext): void {
  app.openapi(health, async (c) => {
    const { after = "" } = c.req.valid("query");
    const rest = (await listTenants(db)).filter(({ slug }) => slug > after);
    const page = rest.slice(0, TENANTS_MAX);
    const tenants: Health[] = [];
    for (const tenant of page) {
      tenants.push(await healthOf(db.forTenant(tenant.tenant), tenant, clock.now()));
    }
    const next = rest.length > page.length ? page.at(-1)?.slug : undefined;
    return c.json({ tenants, ...(next === undefined ? {} : { next }) }, 200);
  });
}

async function healthOf(db: Db, tenant: Tenant, nowMs: number): Promise<Health> {
  const no = tenant.tenant;
  const { agents, source_counts, inbox, review, freshness } = await standingOf(db, no, nowMs);
  const { available, unavailable, unknown } = await deviceStanding(db, no);
  const ends = (await listAuthorities(db, no)).map(({ notAfterMs }) => notAfterMs);
  const refusals = await listRefusals(db, no, REFUSALS_MAX);
  return {
    slug: tenant.slug,
    name: tenant.name,
    created_at: timeOf(tenant.createdMs),
    devices: available + unavailable + unknown,
    agents,
    source_counts,
    inbox,
    review,
    freshness,
    authorities: ends.length,
    ...(ends.length === 0 ? {} : { authority_not_after: timeOf(Math.min(...ends)) }),
    refused: refusals.reduce((sum, { refused }) => sum + refused, 0),
    ...(refusals[0] === undefined ? {} : { refused_at: timeOf(refusals[0].lastMs) }),
  };
}
