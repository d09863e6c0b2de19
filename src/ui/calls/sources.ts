import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { deletedSourceSchema } from "../../api/contract-runs.ts";
import type { appliedSourceSchema, sourceSchema } from "../../api/contract-sources.ts";
import { pathOf } from "./api-client.ts";
import { listPath, type ListWanted } from "./list-page.ts";
import { ask, askPage, queryClient } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A source. */
export type Source = z.infer<typeof sourceSchema>;
/** A source with the tag of the state that it was shown in. */
export type TaggedSource = Source & { readonly etag?: string | undefined };
/** What became of one source of a payload. */
export type AppliedSource = z.infer<typeof appliedSourceSchema>;

/** A page of sources, by name. */
export const sourcesPageQuery = (
  tenant: string,
  wanted: ListWanted,
  more: { readonly name?: string; readonly limit?: number; readonly runs?: number } = {},
) =>
  queryOptions({
    queryKey: keyOf(tenant, "sources", "page", wanted, more),
    queryFn: ({ signal }) => {
      const path = listPath(["tenants", tenant, "sources"], wanted, more);
      return askPage<Source>(path, "sources", signal);
    },
  });

/** One source, by name or id. */
export const sourceQuery = (tenant: string, source: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "sources", source),
    queryFn: async ({ signal }): Promise<TaggedSource> => {
      let etag: string | undefined;
      const onTag = (tag: string | undefined): void => void (etag = tag);
      const path = pathOf(["tenants", tenant, "sources", source]);
      const stored = await ask<Source>({ path, signal, onTag });
      return { ...stored, etag };
    },
  });

/** Changes members of a source that stands as the tag says; answers with what it made of it. Throws ApiProblem, 412 where it does not. */
export async function changeSource(
  tenant: string,
  { name, etag }: Pick<TaggedSource, "name" | "etag">,
  body: Readonly<Record<string, unknown>>,
): Promise<TaggedSource> {
  let made: string | undefined;
  const onTag = (tag: string | undefined): void => void (made = tag);
  const path = pathOf(["tenants", tenant, "sources", name]);
  const asked = { method: "PATCH", path, body, ifMatch: etag, onTag } as const;
  const { source } = await ask<AppliedSource>(asked);
  return { ...source, etag: made };
}

/** Deletes a source, and says what becomes of its records. Throws ApiProblem. */
export async function deleteSource(
  tenant: string,
  source: string,
  records: "keep" | "retire",
): Promise<z.infer<typeof deletedSourceSchema>> {
  const path = pathOf(["tenants", tenant, "sources", source], { records });
  const deleted = await ask<z.infer<typeof deletedSourceSchema>>({ method: "DELETE", path });
  for (const topic of ["sources", "runs"] as const) {
    void queryClient.invalidateQueries({ queryKey: keyOf(tenant, topic) });
  }
  return deleted;
}

/** Acts on a source that need nothing but its name. */
export type SourceAct = "run" | "poll" | "cancel" | "test" | "enable" | "disable";

/** Does it; `run`, `poll`, `cancel` and `test` answer with a command. */
export function actOnSource<T>(tenant: string, source: string, act: SourceAct): Promise<T> {
  const [last, query] = act === "poll" ? ["run", { kind: "poll" }] : [act, {}];
  return ask<T>({
    method: "POST",
    path: pathOf(["tenants", tenant, "sources", source, last], query),
  });
}
