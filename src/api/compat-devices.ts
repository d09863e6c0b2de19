/**
 * The original's device routes at /api/devices, with its parameters, envelopes and errors, for clients that are there already.
 * They name no tenant: it is the token's, or the only one that the caller has; `tenant` chooses among several.
 */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";

import { membershipsOf } from "../control/members.ts";
import { findTenant, listTenants } from "../control/tenants.ts";
import { peopleOf } from "../control/users.ts";
import {
  compatDevices,
  type CompatDevice,
  type CompatFilter,
} from "../inventory/compat-devices.ts";
import type { ApiEnv } from "./caller.ts";
import {
  readCompatPage,
  readExportFilter,
  readListFilter,
  type CompatPage,
  type Given,
} from "./compat-query.ts";
import type { ApiContext } from "./context.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, type Api } from "./routes.ts";

const route = routesOf("original");
const LIST_MAX = 500;
const EXPORT_MAX = 1_000;
const UID = /^sr:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

const text = z.string().optional();
const device = z.record(z.string(), z.unknown());
const pagination = z.object({ limit: z.int(), offset: z.int(), next_offset: z.int().nullable() });
const problem = answers(z.object({ error: z.string() }), "What is wrong, as the original says it");

const list = route.get("/api/devices", "anyone", {
  summary: "Devices as the original lists them, the newest seen first",
  request: {
    query: z.object({
      tenant: text,
      limit: text,
      offset: text,
      page: text,
      search: text,
      status: text,
      device_type: text,
      gateway_id: text,
      poller_id: text,
    }),
  },
  gives: {
    200: answers(z.object({ data: z.array(device), pagination }), "One page"),
    400: problem,
  },
});

const exported = route.get("/api/devices/ocsf/export", "anyone", {
  summary: "Devices as the original exports them",
  request: {
    query: z.object({
      tenant: text,
      limit: text,
      offset: text,
      type_id: text,
      first_seen_after: text,
      last_seen_after: text,
    }),
  },
  gives: {
    200: answers(
      z.object({
        ocsf_version: z.literal("1.7.0"),
        class_uid: z.literal(5001),
        class_name: z.literal("Device Inventory Info"),
        devices: z.array(device),
        count: z.int(),
        pagination,
      }),
      "One page",
    ),
    400: problem,
  },
});

const get = route.get("/api/devices/{uid}", "anyone", {
  summary: "One device as the original gives it",
  request: { params: z.object({ uid: z.string().max(200) }), query: z.object({ tenant: text }) },
  gives: {
    200: answers(z.object({ data: device }), "The device"),
    404: problem,
  },
});

/** Adds the original's routes. */
export function addCompatDevices(app: Api, context: ApiContext): void {
  app.openapi(list, async (c) => {
    const given = c.req.valid("query");
    const page = readCompatPage(given, LIST_MAX);
    const filter = readListFilter(given);
    if (!page.ok) return c.json({ error: page.error }, 400);
    if (!filter.ok) return c.json({ error: filter.error }, 400);
    const found = await pageOf(c, context, { given, filter: filter.value, page: page.value });
    const data = found.map(({ ocsf, ours }) => ({ ...ocsf, ...ours }));
    return c.json({ data, pagination: shownPage(page.value, data.length) }, 200);
  });
  app.openapi(exported, async (c) => {
    const given = c.req.valid("query");
    const page = readCompatPage(given, EXPORT_MAX);
    const filter = readExportFilter(given);
    if (!page.ok) return c.json({ error: page.error }, 400);
    if (!filter.ok) return c.json({ error: filter.error }, 400);
    const found = await pageOf(c, context, { given, filter: filter.value, page: page.value });
    const devices = found.map(({ ocsf }) => ocsf);
    const envelope = {
      ocsf_version: "1.7.0",
      class_uid: 5001,
      class_name: "Device Inventory Info",
    } as const;
    const count = devices.length;
    return c.json({ ...envelope, devices, count, pagination: shownPage(page.value, count) }, 200);
  });
  app.openapi(get, async (c) => {
    const uid = UID.exec(c.req.valid("param").uid)?.[1];
    const page = { limit: 1, offset: 0 };
    const given = c.req.valid("query");
    const [found] =
      uid === undefined ? [] : await pageOf(c, context, { given, filter: { uid }, page });
    if (found === undefined) return c.json({ error: "device not found" }, 404);
    return c.json({ data: { ...found.ocsf, ...found.ours } }, 200);
  });
}

type Wanted = { readonly given: Given; readonly filter: CompatFilter; readonly page: CompatPage };

async function pageOf(
  c: Context<ApiEnv>,
  context: ApiContext,
  { given, filter, page }: Wanted,
): Promise<readonly { readonly ocsf: CompatDevice; readonly ours: CompatDevice }[]> {
  const tenant = await tenantOf(c, context, given["tenant"]);
  return await compatDevices(context.db.forTenant(tenant), tenant, { filter, ...page });
}

/** Throws `other_tenant` before anything of a tenant is looked up that is not the caller's. */
async function tenantOf(
  c: Context<ApiEnv>,
  { db }: ApiContext,
  wanted: string | undefined,
): Promise<number> {
  const slug = await slugOf(c, db, wanted);
  const tenant = slug === undefined ? undefined : await findTenant(db, slug);
  if (tenant !== undefined) return tenant.tenant;
  throw new Problem("invalid_request", "tenant: name one of yours, since you have not just one");
}

async function slugOf(
  c: Context<ApiEnv>,
  db: ApiContext["db"],
  wanted: string | undefined,
): Promise<string | undefined> {
  const caller = c.get("caller");
  if (caller.kind === "platform") {
    return wanted ?? onlyOne((await listTenants(db)).map(({ slug }) => slug));
  }
  const own =
    caller.kind === "token"
      ? [caller.slug]
      : (await membershipsOf(peopleOf(db), caller.session.userNo)).map(({ slug }) => slug);
  if (wanted === undefined && own.length > 0) return onlyOne(own);
  if (wanted !== undefined && own.some((slug) => slug === wanted)) return wanted;
  throw new Problem("other_tenant", "that tenant is not one of yours");
}

function onlyOne(slugs: readonly string[]): string | undefined {
  return slugs.length === 1 ? slugs[0] : undefined;
}

function shownPage({ limit, offset }: CompatPage, found: number): z.infer<typeof pagination> {
  return { limit, offset, next_offset: found >= limit ? offset + limit : null };
}
