import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type {
  redoneSchema,
  removedRecordSchema,
  undoneSchema,
  verificationSchema,
} from "../../api/contract-runs.ts";
import { pathOf } from "./api-client.ts";
import { LIST_ROWS, type ListPage, type ListWanted } from "./list-page.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** What undoing a run does or did. */
export type Undone = z.infer<typeof undoneSchema>;
/** What recomputing a run found. */
export type RunVerification = z.infer<typeof verificationSchema>;

/** A record that undoing a run would remove. */
export type RemovedRecord = z.infer<typeof removedRecordSchema>;

/** Undoes a run. Throws ApiProblem. */
export function undoRun(tenant: string, run: number): Promise<Undone> {
  return ask<Undone>({ method: "POST", path: undoPath(tenant, run), body: {} });
}

/** Undoes the undo of a run. Throws ApiProblem. */
export function redoRun(tenant: string, run: number): Promise<z.infer<typeof redoneSchema>> {
  const path = pathOf(["tenants", tenant, "runs", String(run), "redo"]);
  return ask<z.infer<typeof redoneSchema>>({ method: "POST", path });
}

/** What undoing a run would do, in numbers. */
export const undoPreviewQuery = (tenant: string, run: number) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "undo", run),
    queryFn: ({ signal }) => preview(tenant, run, { limit: 1, signal }),
    staleTime: 0,
    retry: false,
  });

/** A page of the records that undoing a run would remove. */
export const removedPageQuery = (tenant: string, run: number, { after }: ListWanted) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "undo", run, { after }),
    queryFn: async ({ signal }): Promise<ListPage<RemovedRecord>> => {
      const wanted = { limit: LIST_ROWS, after, signal };
      const { removes = [], next } = await preview(tenant, run, wanted);
      return { rows: removes, next };
    },
  });

type PreviewWanted = {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly signal: AbortSignal;
};

function preview(tenant: string, run: number, { signal, ...page }: PreviewWanted): Promise<Undone> {
  const body = { dry_run: true, ...page };
  return ask<Undone>({ method: "POST", path: undoPath(tenant, run), body, signal });
}

function undoPath(tenant: string, run: number): string {
  return pathOf(["tenants", tenant, "runs", String(run), "undo"]);
}

/** Recomputes what is stored of a run. */
export function verifyRun(tenant: string, run: number): Promise<RunVerification> {
  return ask<RunVerification>({
    path: pathOf(["tenants", tenant, "runs", String(run), "verification"]),
  });
}
