import type { Queryable } from "../db/session.ts";
import type { RefusedCertificate } from "./refusals.ts";
import { holdingPattern, type FoundSlice } from "./slice.ts";

/** Refusals of one kind to one peer. */
export interface RefusalCount {
  readonly agentId: string;
  readonly code: string;
  readonly message: string;
  readonly refused: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Microseconds since 1970: what the list is in order of, exactly. */
  readonly lastUs: number;
  /** Of the last one; undefined where TLS ended before it was seen. */
  readonly certificate: RefusedCertificate | undefined;
}

/** Where a refusal stands in the list, from the latest down. */
export type RefusalKey = readonly [lastUs: number, agentId: string, code: string, message: string];

/** Which refusals are wanted. */
export interface RefusalsWanted extends FoundSlice<RefusalKey> {
  /** Only those of these agents. */
  readonly among?: readonly string[] | undefined;
  /** Only the last of each agent. */
  readonly isLast?: boolean | undefined;
}

const LAST_US = "(extract(epoch from last_at) * 1000000)::bigint";

/**
 * What the gateway refused to a tenant's agents, or (tenant 0) to peers whose tenant is not known; the latest first. A text is looked for in
 * agent, code and message. One that is refused again while the list is read page by page goes to its beginning.
 */
export async function listRefusals(
  db: Queryable,
  tenant: number,
  { after, limit, text, among, isLast = false }: RefusalsWanted = {},
): Promise<readonly RefusalCount[]> {
  const { rows } = await db.query<{
    agent_id: string;
    code: string;
    message: string;
    refused: number;
    first_at: number;
    last_at: number;
    last_us: number;
    certificate_serial: string | null;
    certificate_sha256: string | null;
  }>(
    `select agent_id, code, message, refused, first_at, last_at, ${LAST_US} as last_us, certificate_serial, certificate_sha256
       from sync.refusals r
      where tenant = $1 and ($4::bigint is null or (${LAST_US}, agent_id, code, message) < ($4, $5, $6, $7))
        and ($3::text is null or agent_id ilike $3 or code ilike $3 or message ilike $3)
        and ($8::text[] is null or agent_id = any($8))
        and (not $9::boolean or not exists (
          select from sync.refusals n where n.tenant = r.tenant and n.agent_id = r.agent_id
             and (n.last_at, n.code, n.message) > (r.last_at, r.code, r.message)))
      order by ${LAST_US} desc, agent_id desc, code desc, message desc limit $2`,
    [
      tenant,
      limit ?? null,
      holdingPattern(text),
      ...(after ?? [null, null, null, null]),
      among ?? null,
      isLast,
    ],
  );
  return rows.map(({ certificate_serial: serial, certificate_sha256: sha256, ...row }) => ({
    agentId: row.agent_id,
    code: row.code,
    message: row.message,
    refused: row.refused,
    firstMs: row.first_at,
    lastMs: row.last_at,
    lastUs: row.last_us,
    certificate: serial === null || sha256 === null ? undefined : { serial, sha256 },
  }));
}

/** How often calls of a tenant's agents were refused, and when last. */
export async function countRefusals(
  db: Queryable,
  tenant: number,
): Promise<{ readonly refused: number; readonly lastMs: number | undefined }> {
  const { rows } = await db.query<{ refused: number; last_at: number | null }>(
    "select coalesce(sum(refused), 0)::bigint as refused, max(last_at) as last_at from sync.refusals where tenant = $1",
    [tenant],
  );
  return { refused: rows[0]?.refused ?? 0, lastMs: rows[0]?.last_at ?? undefined };
}
