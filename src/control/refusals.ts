import type { Queryable } from "../db/session.ts";

/** The certificate that was refused. */
export interface RefusedCertificate {
  /** Lower-case hex, as its authority numbered it. */
  readonly serial: string;
  /** Of its DER, lower-case hex. */
  readonly sha256: string;
}

/** Something that the gateway refused, and to whom. */
export interface Refusal {
  /** 0 where no authority of a tenant vouches for the certificate. */
  readonly tenant: number;
  /** As the certificate says; of tenant 0 nothing proves it. "": it says nothing, or none was seen. */
  readonly agentId: string;
  /** gRPC status, or "handshake". */
  readonly code: string;
  readonly message: string;
  readonly certificate?: RefusedCertificate | undefined;
}

/**
 * Rows that a tenant's refusals take at most; those of further agents are counted without their name. Names of agents are free
 * wherever an authority signs many, and nobody's are checked that no authority signed.
 */
const ROWS_MAX = 2_000;

/** Counts a refusal, so that an operator sees it without reading logs. */
export async function countRefusal(
  db: Queryable,
  { tenant, agentId, code, message, certificate }: Refusal,
): Promise<void> {
  await db.query(
    `insert into sync.refusals as r (tenant, agent_id, code, message, refused, certificate_serial, certificate_sha256)
     select $1, case when (select count(*) from sync.refusals where tenant = $1) < $7
                       or exists (select from sync.refusals where tenant = $1 and agent_id = $2 and code = $3 and message = $4)
                     then $2 else '' end, $3, $4, 1, $5, $6
     on conflict (tenant, agent_id, code, message) do update set refused = r.refused + 1, last_at = now(),
            certificate_serial = excluded.certificate_serial, certificate_sha256 = excluded.certificate_sha256`,
    [
      tenant,
      agentId,
      code,
      message,
      certificate?.serial ?? null,
      certificate?.sha256 ?? null,
      ROWS_MAX,
    ],
  );
}
