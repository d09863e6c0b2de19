import type { z } from "@hono/zod-openapi";

import { countAgents } from "../control/agent-state.ts";
import { grantRole } from "../control/members.ts";
import { countRefusals } from "../control/refusal-list.ts";
import { sourceNames } from "../control/source-names.ts";
import { countSources } from "../control/sources.ts";
import { createTenant, listTenants, type Tenant, type TenantsWanted } from "../control/tenants.ts";
import { peopleOf } from "../control/users.ts";
import type { Db, TenantDbs } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import { inboxStatus } from "../inbox/inbox-status.ts";
import { tenantCounts } from "../inventory/tenant-counts.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import { isPlatform, type Caller } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import { newTenantSchema, pageOf, tenantOverviewSchema, tenantSchema } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import { answers, takes, TENANT_PATH, tenantParams, timeOf, type Api } from "./routes.ts";

const route = routesOf("tenants");
const list = route.get("/api/v1/tenants", "anyone", {
  summary: "Tenants: all for the platform's administrator, else one's own",
  request: { query: foundQuery },
  gives: { 200: answers(pageOf("tenants", tenantSchema), "By slug, one page") },
});

const create = route.post("/api/v1/tenants", "platform", {
  summary: "Make a tenant with a certificate authority of its own",
  request: { body: takes(newTenantSchema) },
  gives: { 201: answers(tenantSchema, "The tenant") },
});

const get = route.get(TENANT_PATH, "viewer", {
  summary: "A tenant and the size of what it has",
  request: { params: tenantParams },
  gives: { 200: answers(tenantOverviewSchema, "Counted now") },
});

/** Adds the routes of tenants. */
export function addTenants(app: Api, context: ApiContext): void {
  const { db, authorities, clock } = context;
  app.openapi(list, async (c) => {
    const { q: text, ...page } = c.req.valid("query");
    const visible = visibleTo(c.get("caller"));
    const { rows, next } = await keyedPage(BY_SLUG, page, ({ after: [after] = [], limit }) =>
      listTenants(db, { ...visible, after, limit, text }),
    );
    return c.json({ tenants: rows.map(shown), next }, 200);
  });
  app.openapi(create, async (c) => {
    const wanted = c.req.valid("json");
    const slug = parseTenantSlug(wanted.slug);
    if (!slug.ok) throw new Problem("invalid_request", slug.error);
    const { actor } = c.get("caller");
    const made = await createTenant(db, {
      slug: slug.value,
      name: wanted.name ?? slug.value,
      actor,
      authorities,
    });
    if (!made.ok) throw new Problem("tenant_exists", made.error);
    await admitMaker(db, c.get("caller"), made.value);
    return c.json(shown(made.value), 201);
  });
  app.openapi(get, async (c) =>
    c.json(await overview(c.get("db"), c.get("tenant"), clock.now()), 200),
  );
}

/** Tenants by slug, also where each is listed with how it fares. */
export const BY_SLUG: KeyedList<Tenant, readonly [string]> = {
  letter: "o",
  kinds: ["text"],
  keyOf: ({ slug }) => [slug],
};

function visibleTo(caller: Caller): Pick<TenantsWanted, "among" | "userNo"> {
  if (isPlatform(caller)) return {};
  if (caller.kind === "token") return { among: [caller.tenant] };
  return caller.kind === "user" ? { userNo: caller.session.userNo } : { among: [] };
}

/** Being the platform's administrator shows no devices, so who makes a tenant in the browser is made its admin. */
async function admitMaker(db: TenantDbs, caller: Caller, { tenant }: Tenant): Promise<void> {
  if (caller.kind !== "user") return;
  const { userNo, username } = caller.session;
  const grant = { tenant, userNo, username, actor: caller.actor };
  await tx(peopleOf(db), (open) => grantRole(open, grant, "admin"));
}

function shown({ slug, uid, name, createdMs }: Tenant): z.infer<typeof tenantSchema> {
  return { slug, uid, name, created_at: timeOf(createdMs) };
}

async function overview(
  db: Db,
  tenant: Tenant,
  nowMs: number,
): Promise<z.infer<typeof tenantOverviewSchema>> {
  const no = tenant.tenant;
  const { revoked: _, ...agents } = await countAgents(db, no, nowMs);
  const sources = await countSources(db, no);
  const names = await sourceNames(db, no);
  const counts = await tenantCounts(db, no);
  const inbox = await inboxStatus(db, no, 0);
  const { refused } = await countRefusals(db, no);
  return {
    ...shown(tenant),
    agents: Object.values(agents).reduce((sum, one) => sum + one, 0),
    agents_online: agents.online,
    sources: sources.total,
    sources_enabled: sources.enabled,
    devices: counts.devices,
    devices_deleted: counts.deletedDevices,
    devices_provisional: counts.provisionalDevices,
    records: counts.records,
    aliases: counts.aliases,
    inbox_waiting: inbox.waiting,
    inbox_parked: inbox.parked,
    refused,
    devices_by_source: [...counts.devicesByInstance].map(([id, devices]) => ({
      source: names.get(id) ?? id,
      id,
      devices,
    })),
  };
}
