/** What becomes of a source's records when it goes, and when another takes its place. */
import { z } from "@hono/zod-openapi";

import { audit } from "../control/audit.ts";
import { formerSources } from "../control/source-names.ts";
import { deleteSource, listSources, type Source } from "../control/sources.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import type { Tx } from "../db/tx.ts";
import { adoptRecords } from "../dire/adopt.ts";
import { retireSource, type SourceRetraction } from "../dire/retire-source.ts";
import { readRetention } from "../inbox/retention-store.ts";
import { adoptedSchema, adoptionSchema, deletedSourceSchema } from "./contract-runs.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { ifMatch } from "./if-match.ts";
import { answers, paramsWith, takes, TENANT_PATH, type Api } from "./routes.ts";
import { sourceNamed } from "./source-change.ts";
import { instanceNamed } from "./source-filter.ts";
import { shownSource } from "./source-view.ts";
import { expectedSource } from "./sources.ts";

const route = routesOf("sources");
const params = paramsWith("source", "Name or id of the source");
const ONE = `${TENANT_PATH}/sources/{source}` as const;

const remove = route.delete(ONE, "operator", {
  summary: "Delete a source and wipe its credentials; its records are kept or retired",
  request: {
    params,
    headers: ifMatch,
    query: z.strictObject({
      records: z.enum(["keep", "retire"]).default("keep").openapi({
        description: "retire: they go, unless they are so many that the guard holds them",
      }),
    }),
  },
  gives: { 200: answers(deletedSourceSchema, "The source as it was") },
});

const adopt = route.post(`${ONE}/adopt`, "operator", {
  summary: "Move the records of a deleted source to the one that was made in its place",
  request: { params, body: takes(adoptionSchema) },
  gives: { 200: answers(adoptedSchema, "What was moved") },
});

/** Adds the routes that end a source, or have it take another's place. */
export function addSourceRecords(app: Api): void {
  app.openapi(remove, async (c) => {
    const db = c.get("db");
    const tenant = c.get("tenant");
    const source = await sourceNamed(db, tenant, c.req.valid("param").source);
    const { actor } = c.get("caller");
    const { serviceId } = source;
    const isKept = c.req.valid("query").records === "keep";
    const held: SourceRetraction[] = [];
    const retire = async (open: Tx): Promise<void> => {
      const retractions = await retireSource(open, tenant.tenant, serviceId);
      held.push(...retractions.filter(({ isHeld }) => isHeld));
    };
    const alongside = isKept ? undefined : retire;
    const expect = expectedSource(c);
    await deleteSource(db, tenant.tenant, { nameOrId: serviceId, actor, alongside, expect });
    const records = isKept ? "kept" : held.length > 0 ? "held" : "retiring";
    const numbers = held.map(({ retractionNo }) => retractionNo);
    return c.json(
      { source: shownSource(source), records, held_retractions: numbers } as const,
      200,
    );
  });
  app.openapi(adopt, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const source = await sourceNamed(db, c.get("tenant"), c.req.valid("param").source);
    const from = await formerInstance(db, c.get("tenant"), {
      nameOrId: c.req.valid("json").from ?? "",
      source,
    });
    const { batch_size: batch } = await readRetention(db, tenant);
    const to = { name: source.serviceId, sourceType: source.type };
    const { actor } = c.get("caller");
    const adopted = await adoptRecords(db, tenant, {
      from,
      to,
      batch,
      alongside: async (open, done) => {
        const after = { from, ...done };
        await audit(open, { tenant, actor, action: "source.adopt", subject: source.name, after });
      },
    });
    return c.json(adopted, 200);
  });
}

/** The instance of a source that is no more, or of a recording; one that is still pulled keeps its records. */
async function formerInstance(
  db: Db,
  tenant: Tenant,
  { nameOrId, source }: { readonly nameOrId: string; readonly source: Source },
): Promise<string> {
  const sources = await listSources(db, tenant.tenant);
  const former = await formerSources(db, tenant.tenant);
  const byName = former.findLast(({ name }) => name === nameOrId)?.serviceId;
  const instance = byName ?? (await instanceNamed(db, tenant, nameOrId));
  const living = sources.find(({ serviceId }) => serviceId === instance);
  if (living !== undefined) {
    throw new Problem(
      "source_in_use",
      living.serviceId === source.serviceId
        ? `"${nameOrId}" is the source itself; name the one that was deleted, by its id if both have one name`
        : `source "${living.name}" is not deleted; delete it first, keeping its records`,
    );
  }
  return instance;
}
