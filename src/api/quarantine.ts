import { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import { listQuarantine, type HeldRecord, type Quarantined } from "../dire/quarantine-store.ts";
import { QUARANTINE_REASONS } from "../dire/quarantine.ts";
import { JOIN_POINTS } from "../dire/score.ts";
import { shownRecord } from "./assertion-view.ts";
import { evidenceSchema, recordSchema } from "./contract-assertions.ts";
import { count, pageOf, pageQuery, time } from "./contract.ts";
import { routesOf } from "./declare.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  readCursor,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

const heldRecordSchema = recordSchema.extend({
  device_id: z.string().optional(),
  hostname: z.string().optional(),
});

/** Two records that looked like one device. */
export const quarantineSchema = z
  .object({
    quarantine_no: count,
    reason: z.enum(QUARANTINE_REASONS),
    points: z.number(),
    threshold: z.number(),
    evidence: z.array(evidenceSchema),
    since: time,
    records: z.tuple([heldRecordSchema, heldRecordSchema]),
  })
  .openapi("Quarantine");

const route = routesOf("devices");
const list = route.get(`${TENANT_PATH}/quarantine`, "viewer", {
  summary: "Pairs of records that looked like one device and were held apart, newest first",
  request: {
    params: tenantParams,
    query: pageQuery.extend({
      reason: z.enum(QUARANTINE_REASONS).optional(),
      open: z.stringbool().default(false).openapi({
        type: "boolean",
        description: "Without the pairs that an operator keeps apart",
      }),
    }),
  },
  gives: { 200: answers(pageOf("pairs", quarantineSchema), "One page") },
});

/** Adds the route of what is held apart. */
export function addQuarantine(app: Api): void {
  app.openapi(list, async (c) => {
    const db = c.get("db");
    const { limit, after, reason, open: isOpen } = c.req.valid("query");
    const { tenant } = c.get("tenant");
    const before = readCursor("q", after);
    const found = await listQuarantine(db, tenant, {
      reason,
      isOpen,
      before,
      limit: limit + 1,
    });
    const names = await sourceNames(db, tenant);
    const page = pageWithNext(found, limit, ({ quarantineNo }) => cursorOf("q", quarantineNo));
    const pairs = page.rows.map((pair) => shownPair(pair, names));
    return c.json({ pairs, next: page.next }, 200);
  });
}

type Shown = z.infer<typeof quarantineSchema>;

function shownPair(pair: Quarantined, names: ReadonlyMap<string, string>): Shown {
  const record = (held: HeldRecord): Shown["records"][number] => ({
    ...shownRecord(held, names),
    device_id: held.deviceId,
    hostname: held.hostname,
  });
  return {
    quarantine_no: pair.quarantineNo,
    reason: pair.reason,
    points: pair.points,
    threshold: JOIN_POINTS,
    evidence: [...pair.evidence],
    since: timeOf(pair.sinceMs),
    records: [record(pair.a), record(pair.b)],
  };
}
