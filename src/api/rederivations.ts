import type { z } from "@hono/zod-openapi";

import { audit } from "../control/audit.ts";
import { rederive, type NoteBlock, type Slice } from "../dire/rederive.ts";
import type { ApiContext } from "./context.ts";
import { rederiveSchema, rederivedSchema } from "./contract-dire.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, takes, TENANT_PATH, tenantParams, type Api } from "./routes.ts";

/** Differences of a slice that are listed; their count is always whole. */
const ROWS_MAX = 100;

const route = routesOf("dire");
const slice = route.post(`${TENANT_PATH}/dire/rederive`, "operator", {
  summary: "Derive a slice of the inventory anew from stored records, and put right what differs",
  request: { params: tenantParams, body: takes(rederiveSchema) },
  gives: {
    200: answers(rederivedSchema, "What differed; ask again with `after` until `next` is absent"),
  },
});

/** Adds the route that rederives. */
export function addRederivations(app: Api, { log }: ApiContext): void {
  app.openapi(slice, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { dry_run: isDryRun, after } = c.req.valid("json");
    const { actor } = c.get("caller");
    const subject = after === undefined ? "from the beginning" : `after ${after}`;
    const note: NoteBlock = (open, differences) =>
      audit(open, {
        tenant,
        actor,
        action: "dire.rederive",
        subject,
        after: countsOf(differences),
      });
    const done = await rederive(db, tenant, { isDryRun, after, note });
    if (!done.ok) throw new Problem("invalid_request", `after: ${done.error}`);
    const body = shown(done.value);
    if (done.value.differences.length > 0) {
      log.warn({ tenant, dry_run: isDryRun, ...body.differences }, "derived rows differed");
    }
    return c.json(body, 200);
  });
}

/** How many rows differed, by table. */
function countsOf(differences: Slice["differences"]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { table } of differences) counts[table] = (counts[table] ?? 0) + 1;
  return counts;
}

function shown({ differences, ...rest }: Slice): z.infer<typeof rederivedSchema> {
  return {
    ...rest,
    differences: countsOf(differences),
    rows: differences.slice(0, ROWS_MAX).map((row) => ({ ...row })),
  };
}
