import { createRoute, z } from "@hono/zod-openapi";

import { listAgents } from "../control/agents.ts";
import { grantRole, membershipsOf } from "../control/members.ts";
import { listRefusals } from "../control/refusal-list.ts";
import { sourceNames } from "../control/source-names.ts";
import { listSources } from "../control/sources.ts";
import { createTenant, listTenants, type Tenant } from "../control/tenants.ts";
import { peopleOf } from "../control/users.ts";
import type { Db, TenantDbs } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import { inboxStatus } from "../inbox/inbox-status.ts";
import { tenantCounts } from "../inventory/tenant-counts.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import { agentState } from "./agents.ts";
import { isPlatform, type Caller } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import { newTenantSchema, tenantOverviewSchema, tenantSchema } from "./contract.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  needs,
  PROBLEMS,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

const list = createRoute({
  method: "get",
  path: "/api/v1/tenants",
  tags: ["tenants"],
  summary: "Tenants: all for the platform's administrator, else one's own",
  ...needs("anyone"),
  responses: {
    200: answers(z.object({ tenants: z.array(tenantSchema) }), "By slug"),
    ...PROBLEMS,
  },
});

const create = createRoute({
  method: "post",
  path: "/api/v1/tenants",
  tags: ["tenants"],
  summary: "Make a tenant with a certificate authority of its own",
  ...needs("platform"),
  request: { body: takes(newTenantSchema) },
  responses: { 201: answers(tenantSchema, "The tenant"), ...PROBLEMS },
});

const get = createRoute({
  method: "get",
  path: TENANT_PATH,
  tags: ["tenants"],
  summary: "A tenant and the size of what it has",
  ...needs("viewer"),
  request: { params: tenantParams },
  responses: { 200: answers(tenantOverviewSchema, "Counted now"), ...PROBLEMS },
});

/** Adds the routes of tenants. */
export function addTenants(app: Api, context: ApiContext): void {
  const { db, authorities, clock } = context;
  app.openapi(list, async (c) => {
    const visible = await visibleTenants(db, c.get("caller"));
    return c.json({ tenants: visible.map(shown) }, 200);
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

async function visibleTenants(db: TenantDbs, caller: Caller): Promise<readonly Tenant[]> {
  const tenants = await listTenants(db);
  if (isPlatform(caller)) return tenants;
  if (caller.kind === "token") return tenants.filter(({ tenant }) => tenant === caller.tenant);
  if (caller.kind !== "user") return [];
  const own = await membershipsOf(peopleOf(db), caller.session.userNo);
  const slugs = new Set(own.map(({ slug }) => slug));
  return tenants.filter(({ slug }) => slugs.has(slug));
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

/** Kinds of refusal that are summed up; more than that a tenant's agents never had. */
const REFUSALS_MAX = 1_000;

async function overview(
  db: Db,
  tenant: Tenant,
  nowMs: number,
): Promise<z.infer<typeof tenantOverviewSchema>> {
  const no = tenant.tenant;
  const agents = (await listAgents(db, no)).map((agent) => agentState(agent, nowMs));
  const sources = await listSources(db, no);
  const names = await sourceNames(db, no);
  const counts = await tenantCounts(db, no);
  const inbox = await inboxStatus(db, no, 0);
  const refusals = await listRefusals(db, no, REFUSALS_MAX);
  return {
    ...shown(tenant),
    agents: agents.filter((state) => state !== "revoked").length,
    agents_online: agents.filter((state) => state === "online").length,
    sources: sources.length,
    sources_enabled: sources.filter(({ enabled }) => enabled).length,
    devices: counts.devices,
    devices_deleted: counts.deletedDevices,
    devices_provisional: counts.provisionalDevices,
    records: counts.records,
    aliases: counts.aliases,
    inbox_waiting: inbox.waiting,
    inbox_parked: inbox.parked,
    refused: refusals.reduce((sum, { refused }) => sum + refused, 0),
    devices_by_source: [...counts.devicesByInstance].map(([id, devices]) => ({
      source: names.get(id) ?? id,
      id,
      devices,
    })),
  };
}
