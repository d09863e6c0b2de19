/** What the platform's administrator sees of all tenants: whether each works, and never a device of it. */
import { z } from "@hono/zod-openapi";

import { listAuthorities } from "../control/authority-import.ts";
import { countRefusals } from "../control/refusal-list.ts";
import { listTenants, type Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import type { ApiContext } from "./context.ts";
import { tenantHealthSchema } from "./contract-overview.ts";
import { pageOf } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { foundQuery, keyedPage } from "./keyed-list.ts";
import { standingOf } from "./overview.ts";
import type { RecentCounts } from "./recent-counts.ts";
import { answers, timeOf, type Api } from "./routes.ts";
import { BY_SLUG } from "./tenants.ts";

/** Tenants of one page: each costs half a dozen queries. */
const TENANTS_MAX = 50;
const healthLimit = z.coerce.number().int().min(1).max(TENANTS_MAX).default(TENANTS_MAX);
/** How old a count of devices may be here, ms: nobody acts by it, and counting is the dearest that a tenant's health asks for. */
const DEVICES_AGE_MS = 120_000;

type Health = z.infer<typeof tenantHealthSchema>;

const route = routesOf("tenants");
const health = route.get("/api/v1/tenant-health", "platform", {
  summary: "How each tenant fares: agents, sources, inbox, authorities, refusals; no devices",
  request: { query: foundQuery.extend({ limit: healthLimit }) },
  gives: { 200: answers(pageOf("tenants", tenantHealthSchema), "By slug, one page") },
});

/** Adds the route of all tenants' health. */
export function addPlatform(app: Api, { db, clock }: ApiContext, counts: RecentCounts): void {
  app.openapi(health, async (c) => {
    const { q: text, ...wanted } = c.req.valid("query");
    const page = await keyedPage(BY_SLUG, wanted, ({ after: [after] = [], limit }) =>
      listTenants(db, { after, limit, text }),
    );
    const tenants: Health[] = [];
    for (const tenant of page.rows) {
      const own = db.forTenant(tenant.tenant);
      const { standing } = await counts.of(own, tenant.tenant, DEVICES_AGE_MS);
      const { available, unavailable, unknown } = standing;
      const devices = available + unavailable + unknown;
      tenants.push(await healthOf(own, tenant, { devices, nowMs: clock.now() }));
    }
    return c.json({ tenants, next: page.next }, 200);
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
  const { refused, lastMs: refusedMs } = await countRefusals(db, no);
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
    refused,
    ...(refusedMs === undefined ? {} : { refused_at: timeOf(refusedMs) }),
  };
}
