/**
 * Which certificates of an agent are let in. Usually any that its tenant's authority signed and that has not expired. Once an
 * agent was revoked and let in again, only those issued since then: those from before are told from them by nothing else.
 */
import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { findAgent, type Agent } from "./agents.ts";
import { audit } from "./audit.ts";

/** An agent that is to be certified. */
export interface WantedAgent {
  readonly agentId: string;
  readonly partition: string;
  /** Whether a second certificate for an agent that has one is meant. */
  readonly renew: boolean;
}

/** What certifying made of an agent: a new one, one with another certificate, or a revoked one that is let in again. */
export type Registration = "created" | "renewed" | "reinstated";

/** Why an agent is not certified. */
export interface RegistrationProblem {
  readonly code: "agent_exists" | "agent_revoked" | "agent_in_other_partition";
  readonly message: string;
}

/** What certifying would make of an agent, or what is in the way. */
export async function planRegistration(
  db: Queryable,
  tenant: number,
  wanted: WantedAgent,
): Promise<Result<Registration, RegistrationProblem>> {
  return registrationOf(await findAgent(db, tenant, wanted.agentId), wanted);
}

/** A renewal is asked for by habit or by a program, so it does not let a revoked agent in again. */
function registrationOf(
  known: Agent | undefined,
  { agentId, partition, renew }: WantedAgent,
): Result<Registration, RegistrationProblem> {
  if (known === undefined) return ok("created");
  if (known.partition !== partition) {
    const message = `agent "${agentId}" is in partition "${known.partition}"; choose another id for "${partition}"`;
    return err({ code: "agent_in_other_partition", message });
  }
  if (known.revokedMs === undefined && renew) return ok("renewed");
  if (known.revokedMs !== undefined && !renew) return ok("reinstated");
  return known.revokedMs === undefined
    ? err({
        code: "agent_exists",
        message: `there is an agent "${agentId}" already; to certify it again ask for a renewal (--renew; over the API "renew": true)`,
      })
    : err({
        code: "agent_revoked",
        message: `agent "${agentId}" was revoked; to let it in again, ask for it without a renewal`,
      });
}

/** A certificate that was issued here. */
export interface IssuedCertificate {
  /** Of the DER, lower-case hex. */
  readonly sha256: string;
  readonly notAfterMs: number;
}

/** Registers an agent with its new certificate. What stood in the way when it was planned may have changed; then it is said. */
export async function registerAgent(
  db: Db,
  tenant: number,
  {
    wanted,
    certificate,
    actor,
  }: {
    readonly wanted: WantedAgent;
    readonly certificate: IssuedCertificate;
    readonly actor: string;
  },
): Promise<Result<Registration, RegistrationProblem>> {
  const { agentId, partition } = wanted;
  return await tx(db, async (open) => {
    await open.query("select 1 from sync.tenants where tenant = $1 for update", [tenant]);
    const plan = await planRegistration(open, tenant, wanted);
    if (!plan.ok) return plan;
    await open.query(
      `insert into sync.agents (tenant, agent_id, partition, certificate_not_after) values ($1, $2, $3, $4)
       on conflict (tenant, agent_id) do update set certificate_not_after = excluded.certificate_not_after`,
      [tenant, agentId, partition, isoTime(certificate.notAfterMs)],
    );
    if (plan.value === "reinstated") await reinstate(open, tenant, agentId);
    await listCertificate(open, tenant, { agentId, certificate });
    const action = plan.value === "reinstated" ? "agent.reinstate" : "agent.register";
    await audit(open, { tenant, actor, action, subject: agentId, after: { partition } });
    return plan;
  });
}

async function reinstate(open: Tx, tenant: number, agentId: string): Promise<void> {
  await open.query("delete from sync.agent_certificates where tenant = $1 and agent_id = $2", [
    tenant,
    agentId,
  ]);
  await open.query(
    "update sync.agents set revoked_at = null, listed_only = true where tenant = $1 and agent_id = $2",
    [tenant, agentId],
  );
}

/** Every agent's are listed, as nobody knows which will be revoked; expired ones go. */
async function listCertificate(
  open: Tx,
  tenant: number,
  { agentId, certificate }: { readonly agentId: string; readonly certificate: IssuedCertificate },
): Promise<void> {
  await open.query(
    "delete from sync.agent_certificates where tenant = $1 and agent_id = $2 and not_after < now()",
    [tenant, agentId],
  );
  await open.query(
    "insert into sync.agent_certificates (tenant, agent_id, sha256, not_after) values ($1, $2, $3, $4)",
    [tenant, agentId, certificate.sha256, isoTime(certificate.notAfterMs)],
  );
}

/** Ends an agent's identity: its certificates are refused from now on, on open streams too. False if there is no such agent. */
export async function revokeAgent(
  db: Db,
  tenant: number,
  { agentId, actor }: { readonly agentId: string; readonly actor: string },
): Promise<boolean> {
  return await tx(db, async (open) => {
    const { rows } = await open.query<{ revoked: boolean }>(
      `select revoked_at is not null as revoked from sync.agents
        where tenant = $1 and agent_id = $2 for update`,
      [tenant, agentId],
    );
    const [before] = rows;
    if (before === undefined) return false;
    await open.query(
      "update sync.agents set revoked_at = coalesce(revoked_at, now()) where tenant = $1 and agent_id = $2",
      [tenant, agentId],
    );
    const after = { revoked: true };
    await audit(open, { tenant, actor, action: "agent.revoke", subject: agentId, before, after });
    return true;
  });
}

/** Whether a certificate is let in, and if not, what ended: its authority, the agent's identity, or the certificate alone. */
export type Admission = "open" | "authority_revoked" | "agent_revoked" | "certificate_revoked";

/** A certificate as it is looked up. */
export interface ShownCertificate {
  readonly agentId: string;
  /** Of its DER, lower-case hex. */
  readonly sha256: string;
  /** The number of the tenant's authority that signed it. */
  readonly authorityNo: number;
}

/**
 * What decides it, for each row of `u (tenant, agent_id, sha256, authority_no)`: one rule for calls (admissionOf) and for open
 * control streams (stream-news.ts). An agent that is not known yet is let in: its authority vouches for it.
 */
export const ADMISSION = {
  column: `case when h.revoked_at is not null then 'authority_revoked'
                when a.revoked_at is not null then 'agent_revoked'
                when a.listed_only and c.sha256 is null then 'certificate_revoked'
                else 'open' end`,
  joins: `left join sync.authorities h on h.tenant = u.tenant and h.authority_no = u.authority_no
          left join sync.agents a on a.tenant = u.tenant and a.agent_id = u.agent_id
          left join sync.agent_certificates c
                 on c.tenant = u.tenant and c.agent_id = u.agent_id and c.sha256 = u.sha256`,
} as const;

/** Looks a certificate up; `isListed` if it was issued here. */
export async function admissionOf(
  db: Queryable,
  tenant: number,
  { agentId, sha256, authorityNo }: ShownCertificate,
): Promise<{ readonly admission: Admission; readonly isListed: boolean }> {
  const { rows } = await db.query<{ admission: Admission; is_listed: boolean }>(
    `select ${ADMISSION.column} as admission, c.sha256 is not null as is_listed
       from (select $1::int as tenant, $2::text as agent_id, $3::text as sha256, $4::int as authority_no) u
       ${ADMISSION.joins}`,
    [tenant, agentId, sha256, authorityNo],
  );
  const [row] = rows;
  return { admission: row?.admission ?? "open", isListed: row?.is_listed ?? false };
}
