import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { agentSchema } from "../../api/contract.ts";
import { listPath, type ListWanted } from "./list-page.ts";
import { askPage } from "./query-client.ts";
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

type AgentsMore = {
  readonly state?: Agent["state"];
  readonly ids?: string;
  readonly attention?: boolean;
  readonly limit?: number;
};

/** A page of agents, by id. */
export const agentsPageQuery = (tenant: string, wanted: ListWanted, more: AgentsMore = {}) =>
  queryOptions({
    queryKey: keyOf(tenant, "agents", "page", wanted, more),
    queryFn: ({ signal }) => {
      const path = listPath(["tenants", tenant, "agents"], wanted, more);
      return askPage<Agent>(path, "agents", signal);
    },
    refetchInterval: ASK_EVERY_MS,
  });

/** Agents of some ids, those that there are. */
export const agentsOfQuery = (tenant: string, ids: readonly string[]) => {
  const distinct = [...new Set(ids)].filter((id) => id !== "").toSorted();
  const page = agentsPageQuery(tenant, {}, { ids: distinct.join(","), limit: PICKED_MAX });
  return queryOptions({ ...page, enabled: distinct.length > 0, select: ({ rows }) => rows });
};

/** Agents asked for at once by their ids. */
const PICKED_MAX = 100;
/** Agents that are offered while somebody types. */
const OFFERED = 20;

/** Agents that may run a source and hold a text, to be picked from; none only where there are none, however many were revoked. */
export const agentsLikeQuery = (tenant: string, q: string) => ({
  queryKey: keyOf(tenant, "agents", "like", q),
  queryFn: async ({ signal }: { readonly signal: AbortSignal }): Promise<readonly Agent[]> => {
    const offered: Agent[] = [];
    let after: string | undefined;
    do {
      const path = listPath(["tenants", tenant, "agents"], { q, after });
      const page = await askPage<Agent>(path, "agents", signal);
      offered.push(...page.rows.filter(({ state }) => state !== "revoked"));
      after = page.next;
    } while (offered.length < OFFERED && after !== undefined);
    return offered.slice(0, OFFERED);
  },
});
