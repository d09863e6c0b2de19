import type { TenantDbs } from "../db/pool.ts";

/** An agent whose control stream is open, with the certificate it was opened with. */
export interface WatchedAgent {
  readonly tenant: number;
  readonly agentId: string;
  /** Of the certificate's DER, lower-case hex. */
  readonly sha256: string;
}

/** What there is to tell an agent. */
export interface StreamNews {
  readonly isAdmitted: boolean;
  /** Grows with every change of its sources. */
  readonly configRev: number;
  readonly hasCommands: boolean;
}

/**
 * The news of many agents in one query, in their order: by key, so 1,000 streams cost a few milliseconds. An agent that has no
 * row yet (it was certified elsewhere) has no news.
 */
export async function readStreamNews(
  db: TenantDbs,
  agents: readonly WatchedAgent[],
): Promise<readonly StreamNews[]> {
  const { rows } = await db.across("news").query<{
    is_admitted: boolean;
    config_rev: number;
    has_commands: boolean;
  }>(
    `select a.revoked_at is null and (a.listed_only is not true or c.sha256 is not null) as is_admitted,
            coalesce(a.config_rev, 0) as config_rev,
            exists (select from sync.commands m
                     where m.tenant = u.tenant and m.agent_id = u.agent_id and m.ended_at is null
                       and m.state = 'pending') as has_commands
       from unnest($1::int[], $2::text[], $3::text[]) with ordinality u (tenant, agent_id, sha256, nth)
       left join sync.agents a on a.tenant = u.tenant and a.agent_id = u.agent_id
       left join sync.agent_certificates c
              on c.tenant = u.tenant and c.agent_id = u.agent_id and c.sha256 = u.sha256
      order by u.nth`,
    [
      agents.map(({ tenant }) => tenant),
      agents.map(({ agentId }) => agentId),
      agents.map(({ sha256 }) => sha256),
    ],
  );
  return rows.map((row) => ({
    isAdmitted: row.is_admitted,
    configRev: row.config_rev,
    hasCommands: row.has_commands,
  }));
}
