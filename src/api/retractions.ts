import { z } from "@hono/zod-openapi";

import { audit } from "../control/audit.ts";
import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Queryable } from "../db/session.ts";
import { tx } from "../db/tx.ts";
import {
  allowRetraction,
  findRetraction,
  listRetractions,
  RETRACTION_STATES,
  type Retraction,
} from "../inbox/retraction-store.ts";
import { retractionSchema } from "./contract-runs.ts";
import { pageOf, pageQuery } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  paramsWith,
  readCursor,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

const route = routesOf("retractions");

const list = route.get(`${TENANT_PATH}/retractions`, "viewer", {
  summary: "Retirings of records that sources no longer list, newest first",
  request: {
    params: tenantParams,
    query: pageQuery.extend({ state: z.enum(RETRACTION_STATES).optional() }),
  },
  gives: { 200: answers(pageOf("retractions", retractionSchema), "One page") },
});

const allow = route.post(`${TENANT_PATH}/retractions/{retraction_no}/allow`, "operator", {
  summary: "Let a held retraction go on, this once; records that were seen again stay",
  request: { params: paramsWith("retraction_no", "Number of the retraction") },
  gives: { 200: answers(retractionSchema, "The retraction as it is now") },
});

/** Adds the routes of retractions. */
export function addRetractions(app: Api): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { limit, after, state } = c.req.valid("query");
    const names = await sourceNames(db, tenant);
    const before = readCursor("x", after);
    const found = await listRetractions(db, tenant, { state, before, limit: limit + 1 });
    const { rows, next } = pageWithNext(found, limit, (row) => cursorOf("x", row.retractionNo));
    return c.json({ retractions: rows.map((row) => shown(row, names)), next }, 200);
  });
  app.openapi(allow, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { actor } = c.get("caller");
    const given = c.req.valid("param").retraction_no;
    const allowed = await tx(db, async (open) => {
      const retraction = await retractionOf(open, c.get("tenant"), given);
      const { retractionNo } = retraction;
      if (!(await allowRetraction(open, tenant, { retractionNo, actor }))) {
        throw new Problem(
          "retraction_not_held",
          `retraction ${given} is ${retraction.state}; only one that is held can be allowed`,
        );
      }
      const { instance, wanted, present } = retraction;
      await audit(open, {
        tenant,
        actor,
        action: "retraction.allow",
        subject: String(retractionNo),
        before: { state: retraction.state },
        after: { state: "due", source: instance, wanted, present },
      });
      return await retractionOf(open, c.get("tenant"), given);
    });
    return c.json(shown(allowed, await sourceNames(db, tenant)), 200);
  });
}

async function retractionOf(
  db: Queryable,
  { tenant, slug }: Tenant,
  given: string,
): Promise<Retraction> {
  const number = /^\d{1,9}$/.test(given) ? Number(given) : 0;
  const retraction = await findRetraction(db, tenant, number);
  if (retraction !== undefined) return retraction;
  throw new Problem("retraction_not_found", `tenant "${slug}" has no retraction "${given}"`);
}

function shown(
  retraction: Retraction,
  names: ReadonlyMap<string, string>,
): z.infer<typeof retractionSchema> {
  return {
    retraction_no: retraction.retractionNo,
    source: names.get(retraction.instance) ?? retraction.instance,
    source_id: retraction.instance,
    partition: retraction.partition,
    run_no: retraction.runNo === 0 ? undefined : retraction.runNo,
    reason: retraction.reason,
    state: retraction.state,
    wanted: retraction.wanted,
    present: retraction.present,
    retired: retraction.retired,
    created_at: timeOf(retraction.createdMs),
    decided_at: timeOf(retraction.decidedMs),
    decided_by: retraction.decidedBy,
  };
}
