import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { auditSchema } from "../../api/contract-people.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A change: who, what, and what it was before. */
export type AuditEntry = z.infer<typeof auditSchema>;

/** Changes of one source that are read at once; there are a few a year. */
const READ = 500;

/** The newest changes of a source, for an administrator of the tenant. */
export const sourceChangesQuery = (tenant: string, subject: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "sources", "audit", subject),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "audit"], { action: "source", subject, limit: READ });
      return (await ask<{ entries: AuditEntry[] }>({ path, signal })).entries;
    },
  });
