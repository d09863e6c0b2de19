import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { appliedSourceSchema, sourceSchema } from "../../api/contract-sources.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A source. */
export type Source = z.infer<typeof sourceSchema>;
/** What became of one source of a payload. */
export type AppliedSource = z.infer<typeof appliedSourceSchema>;

/** All sources of a tenant, by name. */
export const sourcesQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "sources"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "sources"]);
      return (await ask<{ sources: Source[] }>({ path, signal })).sources;
    },
  });

/** One source, by name or id. */
export const sourceQuery = (tenant: string, source: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "sources", source),
    queryFn: ({ signal }) =>
      ask<Source>({ path: pathOf(["tenants", tenant, "sources", source]), signal }),
  });

/** Acts on a source that need nothing but its name. */
export type SourceAct = "run" | "cancel" | "test" | "enable" | "disable";

/** Does it; `run`, `cancel` and `test` answer with a command. */
export function actOnSource<T>(tenant: string, source: string, act: SourceAct): Promise<T> {
  return ask<T>({ method: "POST", path: pathOf(["tenants", tenant, "sources", source, act]) });
}
