import { createRoute, z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import { readEvidence } from "../dire/evidence.ts";
import { readAttached } from "../inventory/device-attached.ts";
import { aliasesOf, mergesOf } from "../inventory/device-history.ts";
import {
  countDevices,
  findDevice,
  listDevices,
  type DeviceFilter,
} from "../inventory/device-list.ts";
import { resolveId } from "../inventory/device-store.ts";
import { deviceDetailSchema, deviceQuery, deviceSchema } from "./contract-devices.ts";
import { pageOf } from "./contract.ts";
import { matchOf } from "./device-search.ts";
import { shownDetail, shownDevice } from "./device-view.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  cursorOf,
  needs,
  pageWithNext,
  paramsWith,
  PROBLEMS,
  readCursor,
  TENANT_PATH,
  tenantParams,
  type Api,
} from "./routes.ts";
import { findInstance } from "./source-filter.ts";

/** Former ids and merges shown of one device, the latest. */
const HISTORY_MAX = 100;

const tags = ["devices"];

const list = createRoute({
  method: "get",
  path: `${TENANT_PATH}/devices`,
  tags,
  summary: "Devices in the order of their first publication, which no later change moves",
  ...needs("viewer"),
  request: { params: tenantParams, query: deviceQuery },
  responses: {
    200: answers(
      pageOf("devices", deviceSchema).extend({ total: z.number().int().optional() }),
      "One page",
    ),
    ...PROBLEMS,
  },
});

const get = createRoute({
  method: "get",
  path: `${TENANT_PATH}/devices/{device_id}`,
  tags,
  summary: "A device with its evidence; former ids lead to it",
  ...needs("viewer"),
  request: { params: paramsWith("device_id", "The device's id, or any it ever had") },
  responses: { 200: answers(deviceDetailSchema, "The device"), ...PROBLEMS },
});

/** Adds the routes of devices. */
export function addDevices(app: Api): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const query = c.req.valid("query");
    const { tenant } = c.get("tenant");
    const filter = await filterOf(db, c.get("tenant"), query);
    const after = readCursor("d", query.after) ?? 0;
    const found = await listDevices(db, tenant, { filter, after, limit: query.limit + 1 });
    const names = await sourceNames(db, tenant);
    const page = pageWithNext(found, query.limit, ({ deviceNo }) => cursorOf("d", deviceNo));
    const devices = page.rows.map((device) => shownDevice(device, names));
    const total = query.total ? await countDevices(db, tenant, filter) : undefined;
    return c.json({ devices, next: page.next, total }, 200);
  });
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const wanted = c.req.valid("param").device_id;
    return c.json(await detail(db, c.get("tenant"), wanted), 200);
  });
}

async function filterOf(
  db: Db,
  tenant: Tenant,
  { q, source, type, partition, state }: z.infer<typeof deviceQuery>,
): Promise<DeviceFilter> {
  const instance = source === undefined ? undefined : await findInstance(db, tenant.tenant, source);
  return {
    match: q === undefined ? undefined : await matchOf(db, tenant.tenant, q),
    instance,
    // A word that names no source may be a type: "netbox" means all of that type.
    sourceType: instance === undefined ? source?.toLowerCase() : undefined,
    type,
    partition,
    state,
  };
}

/** Everything of one device in one snapshot, so that row and evidence agree. */
async function detail(
  db: Db,
  { tenant, slug }: Tenant,
  wanted: string,
): Promise<z.infer<typeof deviceDetailSchema>> {
  const names = await sourceNames(db, tenant);
  const found = await tx(
    db,
    async (open) => {
      const deviceNo = await resolveId(open, tenant, wanted.toLowerCase());
      const device = deviceNo === undefined ? undefined : await findDevice(open, tenant, deviceNo);
      if (device === undefined) return undefined;
      const { deviceNo: no, id } = device;
      const aliases = await aliasesOf(open, tenant, { deviceNo: no, limit: HISTORY_MAX });
      const ids = [id, ...aliases.map((alias) => alias.id)];
      const merges = await mergesOf(open, tenant, { ids, limit: HISTORY_MAX });
      const evidence = await readEvidence(open, tenant, no);
      return { device, aliases, merges, evidence, attached: await readAttached(open, tenant, no) };
    },
    { isolation: "repeatable read", readOnly: true },
  );
  if (found === undefined) {
    throw new Problem("device_not_found", `tenant "${slug}" has, and had, no device "${wanted}"`);
  }
  const shown = shownDetail(found, names);
  return shown.id === wanted.toLowerCase() ? shown : { ...shown, requested_id: wanted };
}
