import type { z } from "@hono/zod-openapi";

import { readDerivationReport, type DerivationReport } from "../dire/derivation-store.ts";
import { formatRule } from "../dire/enrichment-reader.ts";
import type { ApiContext } from "./context.ts";
import { rulesSchema } from "./contract-rules.ts";
import { routesOf } from "./declare.ts";
import { answers, type Api } from "./routes.ts";

const route = routesOf("rules");
const list = route.get("/api/v1/rules", "platform", {
  summary: "Enrichment rules in the order in which they are asked, and what could not be used",
  gives: { 200: answers(rulesSchema, "As the last start of the core found them") },
});

/** Adds the route of enrichment rules, which hold for all tenants. */
export function addRules(app: Api, { db }: ApiContext): void {
  app.openapi(list, async (c) =>
    c.json(shown(await readDerivationReport(db.across("derivation"))), 200),
  );
}

function shown(report: DerivationReport): z.infer<typeof rulesSchema> {
  return {
    directory: report.directory,
    loaded_at: report.loadedAt,
    fingerprint: report.fingerprint,
    field_expiry_runs: report.expiryRuns,
    rules: report.rules.map((rule) => {
      const { match, set } = formatRule(rule);
      const { id, isEnabled: enabled, priority, confidence, reason, origin } = rule;
      return { id, enabled, priority, confidence, reason, origin, match, set };
    }),
    skipped: [...report.skipped],
  };
}
