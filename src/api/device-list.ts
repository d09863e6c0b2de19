import { createRoute, z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { countDevices, listDevices } from "../inventory/device-list.ts";
import {
  countFound,
  groupDevices,
  GROUPS_MAX,
  searchDevices,
  type DeviceSearch,
} from "../inventory/device-search.ts";
import { SyncError } from "../lib/errors.ts";
import { completionsAt } from "../model/srql-complete.ts";
import type { ApiContext } from "./context.ts";
import {
  completionQuery,
  completionsSchema,
  deviceGroupQuery,
  deviceGroupsSchema,
  deviceQuery,
  deviceSchema,
} from "./contract-devices.ts";
import { pageOf } from "./contract.ts";
import { filterOf, positionText, readPosition, searchOf, wrongPosition } from "./device-query.ts";
import { shownDevice } from "./device-view.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  cursorOf,
  needs,
  pageWithNext,
  PROBLEMS,
  readCursor,
  TENANT_PATH,
  tenantParams,
  type Api,
} from "./routes.ts";

const tags = ["devices"];
const devicesPage = pageOf("devices", deviceSchema).extend({ total: z.number().int().optional() });
type DevicesPage = z.infer<typeof devicesPage>;
type Asked = z.infer<typeof deviceQuery>;

const list = createRoute({
  method: "get",
  path: `${TENANT_PATH}/devices`,
  tags,
  summary: "Devices: as the query sorts them, else in the order of their first publication",
  ...needs("viewer"),
  request: { params: tenantParams, query: deviceQuery },
  responses: { 200: answers(devicesPage, "One page"), ...PROBLEMS },
});

const groups = createRoute({
  method: "get",
  path: `${TENANT_PATH}/devices/groups`,
  tags,
  summary: "How many devices there are of each kind",
  ...needs("viewer"),
  request: { params: tenantParams, query: deviceGroupQuery },
  responses: { 200: answers(deviceGroupsSchema, "Groups, the largest first"), ...PROBLEMS },
});

const completions = createRoute({
  method: "get",
  path: `${TENANT_PATH}/devices/completions`,
  tags,
  summary: "What may be written next in a query",
  ...needs("viewer"),
  request: { params: tenantParams, query: completionQuery },
  responses: { 200: answers(completionsSchema, "What fits at the cursor"), ...PROBLEMS },
});

/** Adds the routes that list and count devices. */
export function addDeviceLists(app: Api, { clock }: ApiContext): void {
  app.openapi(list, async (c) => {
    const asked = c.req.valid("query");
    const tenant = c.get("tenant");
    const page = await c.get("listing")(async (db) => {
      if (asked.query === undefined) return await plainPage(db, tenant, asked);
      const request = { asked: { ...asked, query: asked.query }, nowMs: clock.now() };
      const search = await searchOf(db, tenant, request);
      if (search.query.grouping !== undefined) throw belongsTo("devices/groups");
      return await foundPage(db, tenant, { asked, search });
    });
    return c.json(page, 200);
  });
  app.openapi(groups, async (c) => {
    const tenant = c.get("tenant");
    const request = { asked: c.req.valid("query"), nowMs: clock.now() };
    const [search, found] = await c.get("listing")(async (db) => {
      const meant = await searchOf(db, tenant, request);
      return [meant, await groupDevices(db, tenant.tenant, meant)] as const;
    });
    const by = [...(search.query.grouping?.by ?? [])];
    const shown = found.map(({ values, devices }) => ({ values: [...values], devices }));
    return c.json({ by, groups: shown, is_complete: found.length < GROUPS_MAX }, 200);
  });
  app.openapi(completions, (c) => {
    const { query, cursor } = c.req.valid("query");
    const found = completionsAt(query, Math.min(cursor, query.length)).completions;
    const shown = found.map(({ text, about, replaces }) => ({ text, about, from: replaces.from }));
    return c.json({ completions: shown }, 200);
  });
}

async function plainPage(db: Db, tenant: Tenant, asked: Asked): Promise<DevicesPage> {
  const filter = await filterOf(db, tenant, asked);
  const after = readCursor("d", asked.after) ?? 0;
  const found = await listDevices(db, tenant.tenant, { filter, after, limit: asked.limit + 1 });
  const page = pageWithNext(found, asked.limit, ({ deviceNo }) => cursorOf("d", deviceNo));
  const names = await sourceNames(db, tenant.tenant);
  const devices = page.rows.map((device) => shownDevice(device, names));
  const total = asked.total ? await countDevices(db, tenant.tenant, filter) : undefined;
  return { devices, next: page.next, total };
}

async function foundPage(
  db: Db,
  { tenant }: Tenant,
  { asked, search }: { readonly asked: Asked; readonly search: DeviceSearch },
): Promise<DevicesPage> {
  const after = readPosition(asked.after, search.query.sort.length);
  // A query's own limit is how much is wanted at a time; it is not the end of the list.
  const limit = Math.min(asked.limit, search.query.limit ?? asked.limit);
  const wanted = searchDevices(db, tenant, { ...search, after, limit: limit + 1 });
  const found = await wanted.catch((thrown: unknown) => {
    // Values of a cursor that somebody made up are not even of the order's types.
    const isOurs =
      after !== undefined && thrown instanceof SyncError && thrown.code.startsWith("db_22");
    throw isOurs ? wrongPosition() : thrown;
  });
  const page = pageWithNext(found, limit, ({ position }) => positionText(position));
  const names = await sourceNames(db, tenant);
  const devices = page.rows.map(({ device }) => shownDevice(device, names));
  const total = asked.total ? await countFound(db, tenant, search) : undefined;
  return { devices, next: page.next, total };
}

function belongsTo(route: string): Problem {
  return new Problem("invalid_request", `query: a query with stats belongs to ${route}`);
}
