import type { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import { readEvidence } from "../dire/evidence.ts";
import { readAttached } from "../inventory/device-attached.ts";
import { aliasesOf, mergesOf } from "../inventory/device-history.ts";
import { findDevice } from "../inventory/device-list.ts";
import { resolveId } from "../inventory/device-store.ts";
import { deviceDetailSchema } from "./contract-devices.ts";
import { routesOf } from "./declare.ts";
import { shownDetail } from "./device-view.ts";
import { Problem } from "./errors.ts";
import { answers, paramsWith, TENANT_PATH, type Api } from "./routes.ts";

/** Former ids and merges shown of one device, the latest. */
const HISTORY_MAX = 100;

const route = routesOf("devices");

const get = route.get(`${TENANT_PATH}/devices/{device_id}`, "viewer", {
  summary: "A device with its evidence; former ids lead to it",
  request: { params: paramsWith("device_id", "The device's id, or any it ever had") },
  gives: { 200: answers(deviceDetailSchema, "The device") },
});

/** Adds the route of one device. */
export function addDevices(app: Api): void {
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const wanted = c.req.valid("param").device_id;
    return c.json(await detail(db, c.get("tenant"), wanted), 200);
  });
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
