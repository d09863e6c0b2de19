import type { Queryable } from "../db/session.ts";
import { isoTime } from "../lib/clock.ts";
import { isGoodbye } from "../model/goodbye.ts";
import { agentStateSql, onlineSince, type AgentState } from "./agent-state.ts";
import { holdingPattern, type FoundSlice } from "./slice.ts";

/** An agent as the core knows it. */
export interface Agent {
  readonly agentId: string;
  readonly partition: string;
  readonly createdMs: number;
  readonly revokedMs: number | undefined;
  readonly hostname: string | undefined;
  readonly version: string | undefined;
  readonly lastSeenMs: number | undefined;
  /** Its last word was that it stops. */
  readonly isStopped: boolean;
  /** The gateway that it greeted last. */
  readonly gatewayId: string | undefined;
  readonly configOffered: string | undefined;
  readonly configRunning: string | undefined;
  /** Since when it confirmed that it runs this one. */
  readonly configRunningMs: number | undefined;
  readonly certificateNotAfterMs: number | undefined;
  /** Distinguished name of who issued the certificate that it greeted with last. */
  readonly certificateIssuer: string | undefined;
  readonly status: unknown;
}

type AgentRow = {
  agent_id: string;
  partition: string;
  created_at: number;
  revoked_at: number | null;
  hostname: string | null;
  version: string | null;
  last_seen_at: number | null;
  is_stopped: boolean;
  gateway_id: string | null;
  config_offered: string | null;
  config_running: string | null;
  config_running_at: number | null;
  certificate_not_after: number | null;
  certificate_issuer: string | null;
  status: unknown;
};
const COLUMNS = `agent_id, partition, created_at, revoked_at, hostname, version, last_seen_at, gateway_id, config_offered, config_running,
  config_running_at, certificate_not_after, certificate_issuer, status,
  coalesce(stopped_at >= last_seen_at, false) as is_stopped`;

/** Which agents are wanted. */
export interface AgentsWanted extends FoundSlice {
  readonly nowMs: number;
  /** Only those of these ids. */
  readonly among?: readonly string[] | undefined;
  /** Only those in one of these states. */
  readonly states?: readonly AgentState[] | undefined;
  /** Only those that do not work though they should, and those whose certificate should have been renewed. */
  readonly needsAttention?: boolean | undefined;
}

/** Before a certificate's end by which it should be renewed, ms: renewal begins with a third of its life left. */
const RENEWED_MS = 14 * 86_400_000;

/** A tenant's agents, by id; a text is looked for in id and host name. */
export async function listAgents(
  db: Queryable,
  tenant: number,
  { after = "", limit, text, states, among, nowMs, needsAttention = false }: AgentsWanted,
): Promise<readonly Agent[]> {
  const { rows } = await db.query<AgentRow>(
    `select ${COLUMNS} from sync.agents
      where tenant = $1 and agent_id > $2 and ($4::text is null or agent_id ilike $4 or hostname ilike $4)
        and ($6::text[] is null or ${agentStateSql("$5")} = any($6)) 
        and (not $7::boolean or ${agentStateSql("$5")} in ('silent', 'stopped', 'never_seen')
             or revoked_at is null and certificate_not_after < $8::timestamptz)
        and ($9::text[] is null or agent_id = any($9))
      order by agent_id limit $3`,
    [
      tenant,
      after,
      limit ?? null,
      holdingPattern(text),
      onlineSince(nowMs),
      states ?? null,
      needsAttention,
      isoTime(nowMs + RENEWED_MS),
      among ?? null,
    ],
  );
  return rows.map(agentOf);
}

/** One agent. */
export async function findAgent(
  db: Queryable,
  tenant: number,
  agentId: string,
): Promise<Agent | undefined> {
  const { rows } = await db.query<AgentRow>(
    `select ${COLUMNS} from sync.agents where tenant = $1 and agent_id = $2`,
    [tenant, agentId],
  );
  return rows[0] === undefined ? undefined : agentOf(rows[0]);
}

function agentOf(row: AgentRow): Agent {
  return {
    agentId: row.agent_id,
    partition: row.partition,
    createdMs: row.created_at,
    revokedMs: row.revoked_at ?? undefined,
    hostname: row.hostname ?? undefined,
    version: row.version ?? undefined,
    lastSeenMs: row.last_seen_at ?? undefined,
    isStopped: row.is_stopped,
    gatewayId: row.gateway_id ?? undefined,
    configOffered: row.config_offered ?? undefined,
    configRunning: row.config_running ?? undefined,
    configRunningMs: row.config_running_at ?? undefined,
    certificateNotAfterMs: row.certificate_not_after ?? undefined,
    certificateIssuer: row.certificate_issuer ?? undefined,
    status: row.status ?? undefined,
  };
}

/** What a hello says of an agent's host. */
export interface AgentSighting {
  readonly agentId: string;
  readonly partition: string;
  readonly hostname: string;
  readonly version: string;
  readonly os: string;
  readonly arch: string;
  readonly sourceIp: string;
  readonly gatewayId: string;
  readonly capabilities: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly certificateIssuer: string;
  readonly certificateNotAfterMs: number;
}

/** Notes a hello; an agent that was certified elsewhere (an imported authority) is registered by it. */
export async function noteHello(db: Queryable, tenant: number, seen: AgentSighting): Promise<void> {
  await db.query(
    `insert into sync.agents (tenant, agent_id, partition, hostname, version, os, arch, source_ip, capabilities, labels,
            gateway_id, certificate_issuer, certificate_not_after, last_hello_at, last_seen_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now(), now())
     on conflict (tenant, agent_id) do update set hostname = excluded.hostname, version = excluded.version, os = excluded.os,
            arch = excluded.arch, source_ip = excluded.source_ip, capabilities = excluded.capabilities,
            labels = excluded.labels, gateway_id = excluded.gateway_id,
            certificate_issuer = excluded.certificate_issuer, certificate_not_after = excluded.certificate_not_after,
            last_hello_at = now(), last_seen_at = now()`,
    [
      tenant,
      seen.agentId,
      seen.partition,
      seen.hostname,
      seen.version,
      seen.os,
      seen.arch,
      seen.sourceIp,
      seen.capabilities,
      seen.labels,
      seen.gatewayId,
      seen.certificateIssuer,
      isoTime(seen.certificateNotAfterMs),
    ],
  );
}

/** Notes a heartbeat; `status` is the message of the agent's "sync" service where it sent one, and may be its goodbye. */
export async function noteHeartbeat(
  db: Queryable,
  tenant: number,
  { agentId, status }: { readonly agentId: string; readonly status: unknown },
): Promise<void> {
  await db.query(
    `update sync.agents set last_seen_at = now(), status = coalesce($3::json, status),
            status_at = case when $3::json is null then status_at else now() end,
            stopped_at = case when $4 then now() else stopped_at end
      where tenant = $1 and agent_id = $2`,
    [tenant, agentId, status === undefined ? null : JSON.stringify(status), isGoodbye(status)],
  );
}

/** Notes which configuration an agent was offered, and which it says it runs. */
export async function noteConfig(
  db: Queryable,
  tenant: number,
  {
    agentId,
    offered,
    running,
  }: { readonly agentId: string; readonly offered?: string; readonly running?: string },
): Promise<void> {
  await db.query(
    `update sync.agents set config_offered = coalesce($3, config_offered), config_running = coalesce($4, config_running),
            config_running_at = case when $4::text is null then config_running_at else now() end
      where tenant = $1 and agent_id = $2
        and (config_offered, config_running) is distinct from (coalesce($3, config_offered), coalesce($4, config_running))`,
    [tenant, agentId, offered ?? null, running ?? null],
  );
}

/** What an agent said in its last hello that it can do; nothing for one that never said hello. */
export async function capabilitiesOf(
  db: Queryable,
  tenant: number,
  agentId: string,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ capabilities: string[] }>(
    "select capabilities from sync.agents where tenant = $1 and agent_id = $2",
    [tenant, agentId],
  );
  return rows[0]?.capabilities ?? [];
}
