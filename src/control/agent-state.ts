/** Whether an agent works, by what the core heard of it last. */
import type { Queryable } from "../db/session.ts";
import { isoTime } from "../lib/clock.ts";

/** States that an agent may be in. */
export const AGENT_STATES = ["online", "silent", "stopped", "never_seen", "revoked"] as const;

/** One of AGENT_STATES. */
export type AgentState = (typeof AGENT_STATES)[number];

/** How long after its last sign of life an agent counts as online, ms: three heartbeats of 30 s. */
const ONLINE_MS = 90_000;

/** What is known of an agent's life. */
interface Signs {
  readonly revokedMs: number | undefined;
  readonly lastSeenMs: number | undefined;
  readonly isStopped: boolean;
}

/** What an agent's record says of it now. */
export function agentState(agent: Signs, nowMs: number): AgentState {
  if (agent.revokedMs !== undefined) return "revoked";
  if (agent.lastSeenMs === undefined) return "never_seen";
  if (agent.isStopped) return "stopped";
  return nowMs - agent.lastSeenMs <= ONLINE_MS ? "online" : "silent";
}

/** The same in SQL, over a row of sync.agents; the parameter is `onlineSince` of now. */
export const agentStateSql = (sinceParameter: string): string =>
  `case when revoked_at is not null then 'revoked' when last_seen_at is null then 'never_seen'
        when stopped_at >= last_seen_at then 'stopped' when last_seen_at >= ${sinceParameter}::timestamptz then 'online'
        else 'silent' end`;

/** The last sign of life since which an agent is online, as the database takes it. */
export function onlineSince(nowMs: number): string {
  return isoTime(nowMs - ONLINE_MS);
}

/** How many agents of a tenant are in each state. */
export async function countAgents(
  db: Queryable,
  tenant: number,
  nowMs: number,
): Promise<Readonly<Record<AgentState, number>>> {
  const { rows } = await db.query<{ state: AgentState; agents: number }>(
    `select ${agentStateSql("$2")} as state, count(*) as agents from sync.agents where tenant = $1 group by 1`,
    [tenant, onlineSince(nowMs)],
  );
  const none = { online: 0, silent: 0, stopped: 0, never_seen: 0, revoked: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ state, agents }) => [state, agents])) };
}

/** How many agents of a tenant run the configuration that is offered to them. */
export async function countAsOffered(db: Queryable, tenant: number): Promise<number> {
  const { rows } = await db.query<{ agents: number }>(
    "select count(*) as agents from sync.agents where tenant = $1 and revoked_at is null and config_offered = config_running",
    [tenant],
  );
  return rows[0]?.agents ?? 0;
}
