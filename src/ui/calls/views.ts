import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { viewSchema } from "../../api/contract-views.ts";
import { pathOf } from "./api-client.ts";
import { ask, queryClient } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A kept view of the device list. */
export type View = z.infer<typeof viewSchema>;
/** What of it is kept. */
export type ViewKept = Pick<View, "query" | "columns" | "sort" | "shared">;

const viewsKey = (tenant: string): readonly unknown[] => keyOf(tenant, "commands", "views");

/** One's own views, then those that others share. */
export const viewsQuery = (tenant: string) =>
  queryOptions({
    queryKey: viewsKey(tenant),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "views"]);
      return (await ask<{ readonly views: readonly View[] }>({ path, signal })).views;
    },
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
  return pathOf(["tenants", tenant, "devices", "export"], { format, q: query });
}
