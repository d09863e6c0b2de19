import { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import { tx, type Tx } from "../db/tx.ts";
import { explainDevice, explainPair } from "../dire/explanation.ts";
import type { NamedDevice } from "../dire/operator-links.ts";
import { briefDevices } from "../inventory/device-list.ts";
import { deviceNamed } from "./act.ts";
import { explanationSchema, pairExplanationSchema } from "./contract-explain.ts";
import { routesOf } from "./declare.ts";
import { shownExplanation, shownPairExplanation, type Subject } from "./explain-view.ts";
import { answers, paramsWith, TENANT_PATH, type Api } from "./routes.ts";

const DEVICE = `${TENANT_PATH}/devices/{device_id}` as const;
const params = paramsWith("device_id", "The device's id, or any it ever had");

const route = routesOf("devices");
const one = route.get(`${DEVICE}/explain`, "viewer", {
  summary:
    "Why its records are one device, what was held apart from it, and which single fact decides",
  request: { params },
  gives: { 200: answers(explanationSchema, "The reasons") },
});
const pair = route.get(`${DEVICE}/apart-from/{other_id}`, "viewer", {
  summary: "Why two devices are not one, and which single fact would make them one",
  request: { params: params.extend({ other_id: z.string().max(255) }) },
  gives: { 200: answers(pairExplanationSchema, "The reasons") },
});

/** One snapshot: what is explained is what is published. */
const SNAPSHOT = { isolation: "repeatable read", readOnly: true } as const;

/** Adds the routes of explanations. */
export function addExplain(app: Api): void {
  app.openapi(one, async (c) => {
    const db = c.get("db");
    const [tenant, { device_id: id }] = [c.get("tenant"), c.req.valid("param")];
    const shown = await tx(
      db,
      async (open) => {
        const device = await deviceNamed(open, tenant, id);
        const explanation = await explainDevice(open, tenant.tenant, device);
        const names = await sourceNames(open, tenant.tenant);
        return shownExplanation(await subject(open, tenant.tenant, device), explanation, names);
      },
      SNAPSHOT,
    );
    return c.json(shown, 200);
  });
  app.openapi(pair, async (c) => {
    const db = c.get("db");
    const tenant = c.get("tenant");
    const { device_id: id, other_id: other } = c.req.valid("param");
    const shown = await tx(
      db,
      async (open) => {
        const [a, b] = [
          await deviceNamed(open, tenant, id),
          await deviceNamed(open, tenant, other),
        ];
        const explanation = await explainPair(open, tenant.tenant, [a, b]);
        const names = await sourceNames(open, tenant.tenant);
        const subjects = [
          await subject(open, tenant.tenant, a),
          await subject(open, tenant.tenant, b),
        ] as const;
        return shownPairExplanation(subjects, explanation, names);
      },
      SNAPSHOT,
    );
    return c.json(shown, 200);
  });
}

async function subject(open: Tx, tenant: number, { id }: NamedDevice): Promise<Subject> {
  const [brief] = await briefDevices(open, tenant, [id]);
  return { id, hostname: brief?.hostname };
}
