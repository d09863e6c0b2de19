import type { Queryable } from "../db/session.ts";

/** Something that the gateway refused, and to whom; tenant 0 where the peer's tenant is not known. */
export interface Refusal {
  readonly tenant: number;
  readonly agentId: string;
  /** gRPC status, or the reason of a failed handshake. */
  readonly code: string;
  readonly message: string;
}

/** Counts a refusal, so that an operator sees it without reading logs. */
export async function countRefusal(
  db: Queryable,
  { tenant, agentId, code, message }: Refusal,
): Promise<void> {
  await db.query(
    `insert into sync.refusals as r (tenant, agent_id, code, message, refused) values ($1, $2, $3, $4, 1)
     on conflict (tenant, agent_id, code, message) do update set refused = r.refused + 1, last_at = now()`,
    [tenant, agentId, code, message],
  );
}
