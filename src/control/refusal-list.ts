import type { Queryable } from "../db/session.ts";
import type { RefusedCertificate } from "./refusals.ts";

/** Refusals of one kind to one peer. */
export interface RefusalCount {
  readonly agentId: string;
  readonly code: string;
  readonly message: string;
  readonly refused: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Of the last one; undefined where TLS ended before it was seen. */
  readonly certificate: RefusedCertificate | undefined;
}

/** What the gateway refused to a tenant's agents, or (tenant 0) to peers whose tenant is not known; the latest first. */
export async function listRefusals(
  db: Queryable,
  tenant: number,
  limit: number,
): Promise<readonly RefusalCount[]> {
  const { rows } = await db.query<{
    agent_id: string;
    code: string;
    message: string;
    refused: number;
    first_at: number;
    last_at: number;
    certificate_serial: string | null;
    certificate_sha256: string | null;
  }>(
    `select agent_id, code, message, refused, first_at, last_at, certificate_serial, certificate_sha256
       from sync.refusals where tenant = $1 order by last_at desc, agent_id, code, message limit $2`,
    [tenant, limit],
  );
  return rows.map(({ certificate_serial: serial, certificate_sha256: sha256, ...row }) => ({
    agentId: row.agent_id,
    code: row.code,
    message: row.message,
    refused: row.refused,
    firstMs: row.first_at,
    lastMs: row.last_at,
    certificate: serial === null || sha256 === null ? undefined : { serial, sha256 },
  }));
}
