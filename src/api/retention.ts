import type { z } from "@hono/zod-openapi";

import { audit } from "../control/audit.ts";
import { tx } from "../db/tx.ts";
import { lockRetention, readRetention, writeRetention } from "../inbox/retention-store.ts";
import {
  checkRetention,
  RETENTION_NAMES,
  RETENTION_SETTINGS,
  type Retention,
} from "../model/retention.ts";
import { retentionChangeSchema, retentionSchema } from "./contract-runs.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { expectationOf, ifMatch, noteEdited } from "./if-match.ts";
import { answers, takes, TENANT_PATH, tenantParams, type Api } from "./routes.ts";

const route = routesOf("retention");
const path = `${TENANT_PATH}/retention` as const;

const get = route.get(path, "viewer", {
  summary: "How long things are kept, and when what a source no longer lists goes",
  request: { params: tenantParams },
  gives: { 200: answers(retentionSchema, "Every setting in force") },
});

const change = route.patch(path, "operator", {
  summary: "Change some of these settings",
  request: { params: tenantParams, headers: ifMatch, body: takes(retentionChangeSchema) },
  gives: { 200: answers(retentionSchema, "The settings as they are now") },
});

/** Adds the routes of retention settings. */
export function addRetention(app: Api): void {
  app.openapi(get, async (c) => {
    const settings = shown(await readRetention(c.get("db"), c.get("tenant").tenant));
    noteEdited(c, settings);
    return c.json(settings, 200);
  });
  app.openapi(change, async (c) => {
    const db = c.get("db");
    const { tenant, slug } = c.get("tenant");
    const wanted = checked(c.req.valid("json"));
    if ("audit_days" in wanted && c.get("role") !== "admin") {
      throw new Problem(
        "role_too_low",
        "audit_days: an admin alone may say how long the audit is kept",
      );
    }
    const expect = expectationOf(c, "a setting");
    const after = await tx(db, async (open) => {
      const before = await lockRetention(open, tenant);
      expect(shown(before));
      await writeRetention(open, tenant, wanted);
      const { actor } = c.get("caller");
      await audit(open, {
        tenant,
        actor,
        action: "retention.change",
        subject: slug,
        before: Object.fromEntries(
          RETENTION_NAMES.flatMap((n) => (n in wanted ? [[n, before[n]]] : [])),
        ),
        after: wanted,
      });
      return await readRetention(open, tenant);
    });
    noteEdited(c, shown(after));
    return c.json(shown(after), 200);
  });
}

function checked(body: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  for (const [given, value] of Object.entries(body)) {
    const name = RETENTION_NAMES.find((known) => known === given);
    if (name === undefined) throw new Problem("invalid_request", `there is no setting "${given}"`);
    const good = checkRetention(name, value);
    if (!good.ok) throw new Problem("invalid_request", good.error);
  }
  return body;
}

function shown(settings: Retention): z.infer<typeof retentionSchema> {
  return {
    settings: RETENTION_NAMES.map((name) => {
      const { fallback, min, max, about } = RETENTION_SETTINGS[name];
      return { name, value: settings[name], default: fallback, min, max, about };
    }),
  };
}
