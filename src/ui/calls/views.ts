import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { viewSchema } from "../../api/contract-views.ts";
import { pathOf } from "./api-client.ts";
import { listPath, type ListWanted } from "./list-page.ts";
import { ask, askPage, queryClient } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A kept view of the device list. */
export type View = z.infer<typeof viewSchema>;
/** What of it is kept. */
export type ViewKept = Pick<View, "query" | "columns" | "sort" | "shared">;

const viewsKey = (tenant: string): readonly unknown[] => keyOf(tenant, "commands", "views");

/** A page of one's own views, then of those that others share. */
export const viewsQuery = (tenant: string, wanted: ListWanted) =>
  queryOptions({
    queryKey: [...viewsKey(tenant), wanted] as readonly unknown[],
    queryFn: ({ signal }) =>
      askPage<View>(listPath(["tenants", tenant, "views"], wanted), "views", signal),
  });

/** Keeps a view under a name; one's own of the same name is replaced. Throws ApiProblem. */
export async function keepView(tenant: string, name: string, view: ViewKept): Promise<void> {
  await ask({ method: "PUT", path: pathOf(["tenants", tenant, "views", name]), body: view });
  await queryClient.invalidateQueries({ queryKey: viewsKey(tenant) });
}

/** Forgets a view of one's own. Throws ApiProblem. */
export async function forgetView(tenant: string, name: string): Promise<void> {
  await ask({ method: "DELETE", path: pathOf(["tenants", tenant, "views", name]) });
  await queryClient.invalidateQueries({ queryKey: viewsKey(tenant) });
}

/** Where a file of all devices that pass is: the browser itself fetches it, so it may be of any size. */
export function exportPath(
  tenant: string,
  format: "csv" | "ndjson" | "ocsf",
  query: string | undefined,
): string {
  return pathOf(["tenants", tenant, "devices", "export"], { format, query });
}
