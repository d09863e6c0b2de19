import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { adviceSchema } from "../../api/contract-tuning.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";

/** The matrix's row for a workload. */
export type TuningAdvice = z.infer<typeof adviceSchema>;

/** The tuning matrix's row for a workload; numbers as they were typed. */
export const tuningAdviceQuery = (wanted: {
  readonly max_connections: string;
  readonly replicas: string;
  readonly devices: string;
  readonly tenants: string;
}) =>
  queryOptions({
    queryKey: ["tuning", wanted],
    queryFn: ({ signal }) =>
      ask<TuningAdvice>({ path: pathOf(["tuning", "advice"], wanted), signal }),
  });
