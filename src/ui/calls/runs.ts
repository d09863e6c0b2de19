import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { changedRecordSchema } from "../../api/contract-runs.ts";
import type { runDetailSchema, runSchema } from "../../api/contract-sources.ts";
import { pathOf } from "./api-client.ts";
import { LIST_ROWS, listPath, type ListWanted } from "./list-page.ts";
import { ask, askPage } from "./query-client.ts";
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

/** A page of runs, as lists are drawn. */
export const runsPageQuery = (tenant: string, wanted: RunsWanted) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "page", wanted),
    queryFn: ({ signal }) => {
      const path = pathOf(["tenants", tenant, "runs"], { limit: LIST_ROWS, ...wanted });
      return askPage<Run>(path, "runs", signal);
    },
  });

/** One run by its number. */
export const runQuery = (tenant: string, run: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "one", run),
    queryFn: ({ signal }) =>
      ask<RunDetail>({ path: pathOf(["tenants", tenant, "runs", run]), signal }),
  });

/** A record that a run changed. */
export type ChangedRecord = z.infer<typeof changedRecordSchema>;
/** Key of what a run changed, for who changes it. */
export const runChangesKey = (tenant: string, run: number): readonly unknown[] => [
  "run changes",
  tenant,
  run,
];
/** A page of what a run changed. It stands under no live topic: it is read anew once somebody undid the run. */
export const runChangesQuery = (tenant: string, run: number, wanted: ListWanted) =>
  queryOptions({
    queryKey: [...runChangesKey(tenant, run), wanted] as readonly unknown[],
    queryFn: ({ signal }) => {
      const path = listPath(["tenants", tenant, "runs", String(run), "changes"], wanted);
      return askPage<ChangedRecord>(path, "changes", signal);
    },
  });
