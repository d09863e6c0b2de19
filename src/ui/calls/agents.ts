import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { agentSchema } from "../../api/contract.ts";
import { pathOf } from "./api-client.ts";
import { ask } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** An agent; its `status` is what it said last of itself. */
export type Agent = Omit<z.infer<typeof agentSchema>, "status"> & {
  readonly status?: AgentStatus | undefined;
};

/** The part of an agent's status that the page reads; older agents say less. */
interface AgentStatus {
  readonly config_version?: string;
  /** Memory that its process has in use. */
  readonly rss_bytes?: number;
  /** "disk" where it runs what it kept, since no gateway gave it one. */
  readonly config_from?: string;
  readonly config_confirmed?: string;
  readonly by_state?: Readonly<Record<string, number>>;
  readonly sources?: readonly {
    readonly name: string;
    readonly sync_service_id?: string;
    readonly state: string;
    readonly next_due?: string;
    /** What a run under way waits for. */
    readonly waiting?: { readonly reason: string; readonly for_sec: number };
    /** What its last run failed of. */
    readonly error?: { readonly kind: string; readonly message: string };
  }[];
}

/** How often is asked anew, ms: a heartbeat comes every 30 s, and no event tells of one. */
const ASK_EVERY_MS = 15_000;

/** All agents of a tenant. */
export const agentsQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "agents"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "agents"]);
      return (await ask<{ agents: Agent[] }>({ path, signal })).agents;
    },
    refetchInterval: ASK_EVERY_MS,
  });
