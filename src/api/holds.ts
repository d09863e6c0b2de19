import { z } from "@hono/zod-openapi";

import { audit } from "../control/audit.ts";
import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import { tx } from "../db/tx.ts";
import { endHold, findHold, listHolds, type Hold, type HoldEnd } from "../dire/hold-store.ts";
import { runSources } from "../inbox/run-list.ts";
import type { ApiContext } from "./context.ts";
import { endHoldSchema, holdDetailSchema, holdSchema } from "./contract-dire.ts";
import { pageOf, pageQuery } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  paramsWith,
  readCursor,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

const route = routesOf("dire");
const PATH = `${TENANT_PATH}/dire/held` as const;
const params = paramsWith("hold", "Number of the hold");

const list = route.get(PATH, "viewer", {
  summary: "Publications that the storm brake holds, newest first",
  request: {
    params: tenantParams,
    query: pageQuery.extend({
      state: z.enum(["open", "all"]).default("open").openapi({
        description: "`all`: also those that have ended",
      }),
    }),
  },
  gives: { 200: answers(pageOf("held", holdSchema), "One page") },
});

const get = route.get(`${PATH}/{hold}`, "viewer", {
  summary: "One hold with the first changes that it keeps from being published",
  request: { params },
  gives: { 200: answers(holdDetailSchema, "The hold") },
});

const release = route.post(`${PATH}/{hold}/release`, "operator", {
  summary: "Publish what is held",
  request: { params, body: takes(endHoldSchema) },
  gives: { 200: answers(holdSchema, "It is published next") },
});

const recheck = route.post(`${PATH}/{hold}/recheck`, "operator", {
  summary:
    "Decide what is held again, after the cause was mended: what still is a storm is held anew",
  request: { params, body: takes(endHoldSchema) },
  gives: { 200: answers(holdSchema, "It is decided next") },
});

/** Adds the routes of what the storm brake holds. */
export function addHolds(app: Api, context: ApiContext): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { limit, after, state } = c.req.valid("query");
    const before = readCursor("b", after);
    const isOpen = state === "open";
    const found = await listHolds(db, tenant, { isOpen, before, limit: limit + 1 });
    const { rows, next } = pageWithNext(found, limit, ({ holdNo }) => cursorOf("b", holdNo));
    return c.json({ held: await shown(context, c.get("tenant"), rows), next }, 200);
  });
  app.openapi(get, async (c) => {
    const hold = await holdAt(context, c.get("tenant"), c.req.valid("param").hold);
    const [row] = await shown(context, c.get("tenant"), [hold]);
    return c.json({ ...(row as z.infer<typeof holdSchema>), changes: changesOf(hold) }, 200);
  });
  for (const [one, outcome] of [
    [release, "released"],
    [recheck, "rechecked"],
  ] as const) {
    app.openapi(one, async (c) => {
      const { holdNo } = await holdAt(context, c.get("tenant"), c.req.valid("param").hold);
      const { reason } = c.req.valid("json");
      const { actor } = c.get("caller");
      await endAndAudit(context, c.get("tenant"), { holdNo, actor, outcome, reason });
      const ended = await holdAt(context, c.get("tenant"), String(holdNo));
      const [row] = await shown(context, c.get("tenant"), [ended]);
      return c.json(row as z.infer<typeof holdSchema>, 200);
    });
  }
}

async function holdAt({ db }: ApiContext, { tenant, slug }: Tenant, wanted: string): Promise<Hold> {
  const found = await findHold(
    db.forTenant(tenant),
    tenant,
    /^\d{1,9}$/.test(wanted) ? Number(wanted) : 0,
  );
  if (found !== undefined) return found;
  throw new Problem("hold_not_found", `tenant "${slug}" has no hold ${wanted}`);
}

async function endAndAudit({ db }: ApiContext, { tenant }: Tenant, end: HoldEnd): Promise<void> {
  await tx(db.forTenant(tenant), async (open) => {
    const held = await endHold(open, tenant, end);
    if (held === undefined) throw new Problem("hold_ended", `hold ${end.holdNo} has ended already`);
    const { actor, outcome, reason } = end;
    const { shrinks, ids, records, runNo } = held;
    const action = outcome === "released" ? "hold.release" : "hold.recheck";
    const before = { state: "held" };
    const after = { state: outcome, run_no: runNo, shrinks, ids, records, reason };
    await audit(open, { tenant, actor, action, subject: `hold ${end.holdNo}`, before, after });
  });
}

async function shown(
  { db: dbs }: ApiContext,
  { tenant }: Tenant,
  holds: readonly Hold[],
): Promise<z.infer<typeof holdSchema>[]> {
  const db = dbs.forTenant(tenant);
  const names = await sourceNames(db, tenant);
  const instances = await runSources(
    db,
    tenant,
    holds.map(({ runNo }) => runNo),
  );
  return holds.map((hold) => {
    const instance = instances.get(hold.runNo) ?? "";
    return {
      hold_no: hold.holdNo,
      state: hold.outcome ?? "held",
      run_no: hold.runNo,
      source: names.get(instance) ?? instance,
      source_id: instance,
      held_at: timeOf(hold.heldMs),
      devices_fewer: hold.shrinks,
      ids_changed: hold.ids,
      devices: hold.devices,
      records: hold.records,
      ended_at: timeOf(hold.endedMs),
      ended_by: hold.endedBy,
      reason: hold.reason,
    };
  });
}

function changesOf({ changes }: Hold): z.infer<typeof holdDetailSchema>["changes"] {
  return changes.map(({ names, to_names: toNames, in_common: inCommon, ...ids }) => ({
    ...ids,
    names: [...names],
    to_names: [...toNames],
    in_common: [...inCommon],
  }));
}
