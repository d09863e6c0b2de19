import { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import { findSource } from "../control/sources.ts";
import type { Tenant } from "../control/tenants.ts";
import {
  addChunk,
  findRehearsal,
  listRehearsals,
  openRehearsal,
  readChanges,
  type Rehearsal,
} from "../dire/rehearsal-store.ts";
import { splitEntries } from "../inbox/entries.ts";
import type { ApiContext } from "./context.ts";
import {
  changeQuery,
  newRehearsalSchema,
  recordedUpdatesSchema,
  rehearsalChangeSchema,
  rehearsalSchema,
} from "./contract-dire.ts";
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
  takesAsSent,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";
import { rehearsalEnded, runRehearsal } from "./run-rehearsal.ts";

const route = routesOf("rehearsals");
const PATH = `${TENANT_PATH}/rehearsals` as const;
const ONE = `${PATH}/{rehearsal}` as const;
const params = paramsWith("rehearsal", "Number of the rehearsal");

const list = route.get(PATH, "viewer", {
  summary: "Rehearsals, newest first",
  request: { params: tenantParams, query: pageQuery },
  gives: { 200: answers(pageOf("rehearsals", rehearsalSchema), "One page") },
});

const open = route.post(PATH, "operator", {
  summary: "Open a rehearsal of a source, to which recorded chunks are then added",
  request: { params: tenantParams, body: takes(newRehearsalSchema) },
  gives: { 201: answers(rehearsalSchema, "It waits for its chunks") },
});

const add = route.post(`${ONE}/chunks`, "operator", {
  summary: "Add recorded updates to a rehearsal, in their order",
  request: { params, body: takesAsSent(recordedUpdatesSchema) },
  gives: { 201: answers(z.object({ chunks: z.number() }), "How many it has now") },
});

const run = route.post(`${ONE}/run`, "operator", {
  summary: "Play the chunks against the inventory, note what they do, and take it back",
  request: { params },
  gives: { 200: answers(rehearsalSchema, "With its promise") },
});

const get = route.get(ONE, "viewer", {
  summary: "One rehearsal and what it promises",
  request: { params },
  gives: { 200: answers(rehearsalSchema, "The rehearsal") },
});

const changes = route.get(`${ONE}/changes`, "viewer", {
  summary: "Changes of one kind that a rehearsal promises; the first thousand are kept",
  request: { params, query: changeQuery },
  gives: { 200: answers(pageOf("changes", rehearsalChangeSchema), "One page") },
});

/** Adds the routes of rehearsals. */
export function addRehearsals(app: Api, context: ApiContext): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { limit, after } = c.req.valid("query");
    const before = readCursor("h", after);
    const found = await listRehearsals(db, tenant, { before, limit: limit + 1 });
    const { rows, next } = pageWithNext(found, limit, (row) => cursorOf("h", row.rehearsalNo));
    const names = await sourceNames(db, tenant);
    return c.json({ rehearsals: rows.map((row) => shownRehearsal(row, names)), next }, 200);
  });
  app.openapi(open, async (c) => {
    const db = c.get("db");
    const { tenant, slug } = c.get("tenant");
    const wanted = c.req.valid("json").source;
    const source = await findSource(db, tenant, wanted);
    if (source === undefined) {
      throw new Problem("source_not_found", `tenant "${slug}" has no source "${wanted}"`);
    }
    const { actor } = c.get("caller");
    const opened = await openRehearsal(db, tenant, { instance: source.serviceId, actor });
    return c.json(shownRehearsal(opened, await sourceNames(db, tenant)), 201);
  });
  app.openapi(add, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { rehearsalNo } = await rehearsalAt(context, c.get("tenant"), c.req.valid("param"));
    const message = Buffer.from(await c.req.text());
    const entries = splitEntries(message);
    if (!entries.ok) throw new Problem("invalid_request", `body: ${entries.error}`);
    const chunks = await addChunk(db, tenant, { rehearsalNo, message });
    if (chunks === undefined) throw rehearsalEnded(rehearsalNo);
    return c.json({ chunks }, 201);
  });
  app.openapi(run, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { actor } = c.get("caller");
    const rehearsal = await rehearsalAt(context, c.get("tenant"), c.req.valid("param"));
    await runRehearsal(context, tenant, { rehearsal, actor });
    const done = await rehearsalAt(context, c.get("tenant"), c.req.valid("param"));
    return c.json(shownRehearsal(done, await sourceNames(db, tenant)), 200);
  });
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const rehearsal = await rehearsalAt(context, c.get("tenant"), c.req.valid("param"));
    const names = await sourceNames(db, c.get("tenant").tenant);
    return c.json(shownRehearsal(rehearsal, names), 200);
  });
  app.openapi(changes, async (c) => {
    const db = c.get("db");
    const { rehearsalNo } = await rehearsalAt(context, c.get("tenant"), c.req.valid("param"));
    const { limit, after, kind } = c.req.valid("query");
    const found = await readChanges(db, c.get("tenant").tenant, {
      rehearsalNo,
      kind,
      after: readCursor("c", after) ?? 0,
      limit: limit + 1,
    });
    const { rows, next } = pageWithNext(found, limit, (row) => cursorOf("c", row.rowNo));
    return c.json({ changes: rows.map(({ detail }) => detail), next }, 200);
  });
}

async function rehearsalAt(
  { db }: ApiContext,
  { tenant, slug }: Tenant,
  { rehearsal: wanted }: { readonly rehearsal: string },
): Promise<Rehearsal> {
  const no = /^\d{1,9}$/.test(wanted) ? Number(wanted) : 0;
  const found = await findRehearsal(db.forTenant(tenant), tenant, no);
  if (found !== undefined) return found;
  throw new Problem("rehearsal_not_found", `tenant "${slug}" has no rehearsal ${wanted}`);
}

/** Sources by the names that operators gave them. */
function shownRehearsal(
  rehearsal: Rehearsal,
  names: ReadonlyMap<string, string>,
): z.infer<typeof rehearsalSchema> {
  return {
    rehearsal_no: rehearsal.rehearsalNo,
    source: names.get(rehearsal.instance) ?? rehearsal.instance,
    source_id: rehearsal.instance,
    state: rehearsal.state,
    error: rehearsal.error,
    agent_id: rehearsal.agentId,
    actor: rehearsal.actor,
    chunks: rehearsal.chunks,
    bytes: rehearsal.bytes,
    created_at: timeOf(rehearsal.createdMs),
    ended_at: timeOf(rehearsal.endedMs),
    promise: shownPromise(rehearsal),
  };
}

function shownPromise({ promised }: Rehearsal): z.infer<typeof rehearsalSchema>["promise"] {
  if (promised === undefined) return undefined;
  return {
    entries: promised.entries,
    rejected: promised.rejected,
    rejected_by: promised.rejectedBy,
    created: promised.created,
    changed: promised.changed,
    unchanged: promised.unchanged,
    merged: promised.merged,
    devices_created: promised.devicesCreated,
    devices_updated: promised.devicesUpdated,
    devices_merged: promised.devicesMerged,
    addresses_claimed: promised.addressesClaimed,
    conflicts: promised.conflicts,
    retractions: promised.retractions,
    devices_retracted: promised.devicesRetracted,
    records_before: promised.recordsBefore,
    took_ms: promised.tookMs,
  };
}
