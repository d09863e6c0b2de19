import type { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import { countHolds } from "../dire/hold-store.ts";
import { readQuality, type Quality } from "../dire/quality-store.ts";
import { countQuarantine } from "../dire/quarantine-store.ts";
import { qualityQuery, qualitySchema } from "./contract-dire.ts";
import { routesOf } from "./declare.ts";
import { answers, TENANT_PATH, tenantParams, timeOf, type Api } from "./routes.ts";

const route = routesOf("dire");
const get = route.get(`${TENANT_PATH}/dire/quality`, "viewer", {
  summary: "What tells that identity goes wrong: counted, and the worst of each kind",
  request: { params: tenantParams, query: qualityQuery },
  gives: { 200: answers(qualitySchema, "As of the latest publication") },
});

/** Adds the route of the quality watch. */
export function addQuality(app: Api): void {
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const quality = await readQuality(db, tenant, c.req.valid("query").limit);
    const names = await sourceNames(db, tenant);
    const held = await countHolds(db, tenant);
    const apart = await countQuarantine(db, tenant);
    const counts = { quarantined_pairs: apart, held_publications: held };
    return c.json({ ...shown(quality, names), ...counts }, 200);
  });
}

function shown(
  quality: Quality,
  names: ReadonlyMap<string, string>,
): Omit<z.infer<typeof qualitySchema>, "held_publications" | "quarantined_pairs"> {
  const { flappingRecords, flappingValues, crowdedDevices, learntValues, overturnedMerges } =
    quality;
  return {
    flapping_records: {
      count: flappingRecords.count,
      rows: flappingRecords.rows.map((row) => ({
        record_no: row.recordNo,
        source: names.get(row.instance) ?? row.instance,
        kind: row.kind ?? "unknown",
        native_id: row.native,
        moves: row.moves,
        from_id: row.from,
        to_id: row.to,
      })),
    },
    flapping_values: {
      count: flappingValues.count,
      rows: flappingValues.rows.map(({ type, ...row }) => ({ ...row, type: type ?? "unknown" })),
    },
    crowded_devices: {
      count: crowdedDevices.count,
      rows: crowdedDevices.rows.map(({ sinceMs, ...row }) => ({ ...row, since: timeOf(sinceMs) })),
    },
    learnt_values: {
      count: learntValues.count,
      rows: learntValues.rows.map(({ type, sinceMs, ...row }) => ({
        ...row,
        type: type ?? "unknown",
        since: timeOf(sinceMs),
      })),
    },
    overturned_merges: {
      count: overturnedMerges.count,
      rows: overturnedMerges.rows.map(({ id, wasPartOf, atMs }) => ({
        id,
        was_part_of: wasPartOf,
        at: timeOf(atMs),
      })),
    },
    held_apart: quality.heldApart,
    contested_values: quality.contested,
    generic_values: quality.generic,
  };
}
