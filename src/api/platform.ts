/** What the platform's administrator sees of all tenants: whether each works, and never a device of it. */
import { createRoute, z } from "@hono/zod-openapi";

import { listAuthorities } from "../control/authority-import.ts";
import { listRefusals } from "../control/refusal-list.ts";
import { listTenants, type Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import type { ApiContext } from "./context.ts";
import { tenantHealthSchema } from "./contract-overview.ts";
import { standingOf } from "./overview.ts";
import type { RecentCounts } from "./recent-counts.ts";
import { answers, needs, PROBLEMS, timeOf, type Api } from "./routes.ts";

/** Tenants of one page: each costs half a dozen queries. */
const TENANTS_MAX = 50;
/** Kinds of refusal that are summed up; more than that a tenant's agents never had. */
const REFUSALS_MAX = 1_000;
/** How old a count of devices may be here, ms: nobody acts by it, and counting is the dearest that a tenant's health asks for. */
const DEVICES_AGE_MS = 120_000;

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
export function addPlatform(app: Api, { db, clock }: ApiContext, counts: RecentCounts): void {
  app.openapi(health, async (c) => {
    const { after = "" } = c.req.valid("query");
    const rest = (await listTenants(db)).filter(({ slug }) => slug > after);
    const page = rest.slice(0, TENANTS_MAX);
    const tenants: Health[] = [];
    for (const tenant of page) {
      const own = db.forTenant(tenant.tenant);
      const { standing } = await counts.of(own, tenant.tenant, DEVICES_AGE_MS);
      const { available, unavailable, unknown } = standing;
      const devices = available + unavailable + unknown;
      tenants.push(await healthOf(own, tenant, { devices, nowMs: clock.now() }));
    }
    const next = rest.length > page.length ? page.at(-1)?.slug : undefined;
    return c.json({ tenants, ...(next === undefined ? {} : { next }) }, 200);
  });
}

type Counted = { readonly devices: number; readonly nowMs: number };

async function healthOf(db: Db, tenant: Tenant, { devices, nowMs }: Counted): Promise<Health> {
  const no = tenant.tenant;
  const { agents, source_counts, inbox, review, freshness } = await standingOf(db, no, nowMs);
  const inForce = (await listAuthorities(db, no)).filter(
    ({ revokedMs }) => revokedMs === undefined,
  );
  const ends = inForce.map(({ notAfterMs }) => notAfterMs);
  const refusals = await listRefusals(db, no, REFUSALS_MAX);
  return {
    slug: tenant.slug,
    name: tenant.name,
    created_at: timeOf(tenant.createdMs),
    devices,
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
