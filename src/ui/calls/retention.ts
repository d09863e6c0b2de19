import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { retentionSchema } from "../../api/contract-runs.ts";
import { pathOf } from "./api-client.ts";
import { ask, queryClient } from "./query-client.ts";

/** How long things are kept, and when what a source no longer lists goes. */
export type Retention = z.infer<typeof retentionSchema>;

const keyOf = (tenant: string): readonly string[] => ["people", tenant, "retention"];

/** The settings in force. */
export const retentionQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant),
    queryFn: ({ signal }) =>
      ask<Retention>({ path: pathOf(["tenants", tenant, "retention"]), signal }),
  });

/** Changes one setting. Throws ApiProblem. */
export async function setRetention(
  tenant: string,
  change: Readonly<Record<string, number>>,
): Promise<void> {
  await ask({ method: "PATCH", path: pathOf(["tenants", tenant, "retention"]), body: change });
  await queryClient.invalidateQueries({ queryKey: keyOf(tenant) });
}
