import type { z } from "@hono/zod-openapi";

import type { undoneSchema, verificationSchema } from "../../api/contract-runs.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";

/** What undoing a run does or did. */
export type Undone = z.infer<typeof undoneSchema>;
/** What recomputing a run found. */
export type RunVerification = z.infer<typeof verificationSchema>;

/** Undoes a run; dry, it only tells what would be done. */
export function undoRun(tenant: string, run: number, isDry: boolean): Promise<Undone> {
  const path = pathOf(["tenants", tenant, "runs", String(run), "undo"]);
  return ask<Undone>({ method: "POST", path, body: { dry_run: isDry } });
}

/** Recomputes what is stored of a run. */
export function verifyRun(tenant: string, run: number): Promise<RunVerification> {
  return ask<RunVerification>({
    path: pathOf(["tenants", tenant, "runs", String(run), "verification"]),
  });
}
