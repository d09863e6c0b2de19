import type { TenantDbs } from "../db/pool.ts";
import { ADMISSION, type Admission, type ShownCertificate } from "./agent-registration.ts";

/** An agent whose control stream is open, with the certificate it was opened with. */
export interface WatchedAgent extends ShownCertificate {
  readonly tenant: number;
}

/** What there is to tell an agent. */
export interface StreamNews {
  readonly admission: Admission;
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
    admission: Admission;
    config_rev: number;
    has_commands: boolean;
  }>(
    `select ${ADMISSION.column} as admission,
            coalesce(a.config_rev, 0) as config_rev,
            exists (select from sync.commands m
                     where m.tenant = u.tenant and m.agent_id = u.agent_id and m.ended_at is null
                       and m.state = 'pending') as has_commands
       from unnest($1::int[], $2::text[], $3::text[], $4::int[])
              with ordinality u (tenant, agent_id, sha256, authority_no, nth)
       ${ADMISSION.joins}
      order by u.nth`,
    [
      agents.map(({ tenant }) => tenant),
      agents.map(({ agentId }) => agentId),
      agents.map(({ sha256 }) => sha256),
      agents.map(({ authorityNo }) => authorityNo),
    ],
  );
  return rows.map((row) => ({
    admission: row.admission,
    configRev: row.config_rev,
    hasCommands: row.has_commands,
  }));
}
