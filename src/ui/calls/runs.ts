import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { runDetailSchema, runSchema } from "../../api/contract-sources.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A run in a list. */
export type Run = z.infer<typeof runSchema>;
/** A run with its manifest. */
export type RunDetail = z.infer<typeof runDetailSchema>;

/** A page of runs, newest first. */
export interface RunsPage {
  readonly runs: readonly Run[];
  readonly next?: string;
}

/** Which runs are wanted. */
export type RunsWanted = {
  readonly source?: string | undefined;
  readonly outcome?: string | undefined;
  readonly limit?: number;
  readonly after?: string | undefined;
};

/** One page of runs. */
export const runsQuery = (tenant: string, wanted: RunsWanted = {}) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "list", wanted),
    queryFn: ({ signal }) =>
      ask<RunsPage>({ path: pathOf(["tenants", tenant, "runs"], wanted), signal }),
  });

/** One run by its number. */
export const runQuery = (tenant: string, run: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "one", run),
    queryFn: ({ signal }) =>
      ask<RunDetail>({ path: pathOf(["tenants", tenant, "runs", run]), signal }),
  });
