import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { rehearsalChangeSchema, rehearsalSchema } from "../../api/contract-dire.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A rehearsal, with its promise once it is done. */
export type Rehearsal = z.infer<typeof rehearsalSchema>;
/** One change that it promises. */
export type RehearsalChange = z.infer<typeof rehearsalChangeSchema>;

/** How often a rehearsal under way is asked for, ms. */
const LOOK_MS = 1_000;
const CHANGES_PAGE = 50;

/** One rehearsal; asked on and on until it has ended. */
export const rehearsalQuery = (tenant: string, no: number) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "rehearsal", no),
    queryFn: ({ signal }) =>
      ask<Rehearsal>({ path: pathOf(["tenants", tenant, "rehearsals", String(no)]), signal }),
    refetchInterval: ({ state: { data } }) =>
      data?.state === "done" || data?.state === "failed" ? false : LOOK_MS,
  });

/** A page of its changes of one kind. */
export const rehearsalChangesQuery = (
  tenant: string,
  of: { readonly no: number; readonly kind: string; readonly after?: string | undefined },
) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "rehearsal", of.no, "changes", of),
    queryFn: ({ signal }) => {
      const query = { kind: of.kind, limit: CHANGES_PAGE, after: of.after };
      const path = pathOf(["tenants", tenant, "rehearsals", String(of.no), "changes"], query);
      return ask<{ changes: RehearsalChange[]; next?: string }>({ path, signal });
    },
  });
