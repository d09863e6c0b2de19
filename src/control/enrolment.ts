/** Enrolment: a token is made by an operator, given to a host, and turned there into the agent's first certificate, once. */
import { createPrivateKey, createPublicKey, sign, timingSafeEqual, verify } from "node:crypto";

import type { TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx } from "../db/tx.ts";
import { isoTime, newUuid, randomHex, type Clock } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { Secret } from "../lib/secret.ts";
import { parseUuid } from "../lib/uuid.ts";
import {
  enrolmentTokenBody,
  formatEnrolmentToken,
  parseEnrolmentToken,
} from "../model/enrolment-token.ts";
import { certifyAgent, SERVER_NAME, type AgentCertificate } from "./agent-certificate.ts";
import { planRegistration, registerAgent, type RegistrationProblem } from "./agent-registration.ts";
import { audit } from "./audit.ts";
import { spkiSha256, type Authorities } from "./authorities.ts";
import { gatewayAnchors } from "./gateway-anchors.ts";
import { readSigningRequest } from "./signing-request.ts";
import { findTenantByNumber } from "./tenants.ts";

/** For whom a token is made. */
export interface WantedEnrolment {
  readonly agentId: string;
  readonly partition: string;
  readonly cnForm: 3 | 4;
  readonly renew: boolean;
  /** How long it holds, ms. */
  readonly lifeMs: number;
  readonly gatewayAddress?: string | undefined;
  readonly coreUrl?: string | undefined;
  readonly actor: string;
}

/** What enrolment works with. */
export interface EnrolmentContext {
  readonly db: TenantDbs;
  readonly authorities: Authorities;
  readonly clock: Clock;
}

/** A token that was made: shown once. */
export interface MadeEnrolment {
  readonly token: Secret;
  readonly tokenId: string;
  readonly expiresMs: number;
}

/** 256 bits: nobody guesses it, so it needs no slow hash. */
const SECRET_BYTES = 32;

/** Makes a token, unless the agent could not be certified as things stand. */
export async function createEnrolment(
  { db: dbs, authorities, clock }: EnrolmentContext,
  tenant: number,
  wanted: WantedEnrolment,
): Promise<Result<MadeEnrolment, RegistrationProblem>> {
  const db = dbs.forTenant(tenant);
  const plan = await planRegistration(db, tenant, wanted);
  if (!plan.ok) return plan;
  const root = await authorities.root(dbs);
  const [tokenId, secret] = [newUuid(), randomHex(SECRET_BYTES)];
  const expiresMs = clock.now() + wanted.lifeMs;
  const { agentId, partition, cnForm, renew, actor, gatewayAddress, coreUrl } = wanted;
  const body = enrolmentTokenBody({
    tokenId,
    tenant,
    secret,
    agentId,
    caSpkiSha256: spkiSha256(root.certificatePem),
    serverName: SERVER_NAME,
    expiresMs,
    ...(gatewayAddress === undefined ? {} : { gatewayAddress }),
    ...(coreUrl === undefined ? {} : { coreUrl }),
  });
  const signature = sign("sha256", Buffer.from(body), createPrivateKey(root.privateKeyPem));
  const after = { token_id: tokenId, partition, expires_at: isoTime(expiresMs) };
  await tx(db, async (open) => {
    await open.query(
      `insert into sync.enrolment_tokens (tenant, token_id, sha256, agent_id, partition, cn_form, renew, actor, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        tenant,
        tokenId,
        sha256Hex(secret),
        agentId,
        partition,
        cnForm,
        renew,
        actor,
        isoTime(expiresMs),
      ],
    );
    await audit(open, { tenant, actor, action: "agent.enrolment", subject: agentId, after });
  });
  const token = new Secret(formatEnrolmentToken(body, signature));
  return ok({ token, tokenId, expiresMs });
}

/** Why an enrolment is refused. */
export interface EnrolmentProblem {
  readonly code:
    | "invalid_token"
    | "token_used"
    | "token_expired"
    | "invalid_request"
    | RegistrationProblem["code"];
  readonly message: string;
}

/** What an agent is enrolled as. */
export interface Enrolled {
  readonly agentId: string;
  readonly partition: string;
  readonly tenant: string;
  readonly certificate: AgentCertificate;
}

/** Certifies the key of whoever holds a good token. The same key may ask again until the token expires; no other may. */
export async function enrol(
  context: EnrolmentContext,
  { token: text, signingRequest }: { readonly token: string; readonly signingRequest: string },
): Promise<Result<Enrolled, EnrolmentProblem>> {
  const { authorities, clock } = context;
  const root = await authorities.root(context.db);
  const parsed = parseEnrolmentToken(text);
  if (!parsed.ok) return refused("invalid_token", `the token ${parsed.error}`);
  const { token, body, signature } = parsed.value;
  if (!verify("sha256", Buffer.from(body), createPublicKey(root.certificatePem), signature)) {
    return refused("invalid_token", "the token was not made by this core");
  }
  const key = await readSigningRequest(signingRequest);
  if (!key.ok) return refused("invalid_request", key.error);
  const spki = sha256Hex(key.value.publicKeyDer);
  const db = context.db.forTenant(token.tenant);
  const grant = await take(db, { ...token, spki });
  if (!grant.ok) return grant;
  const { agent_id: agentId, partition, cn_form: cnForm, actor } = grant.value;
  const tenant = await findTenantByNumber(db, token.tenant);
  if (tenant === undefined) return refused("invalid_token", "the token's tenant is gone");
  const issued = await certifyAgent(
    { agentId, partition, tenant: tenant.slug, cnForm },
    {
      anchorsPem: await gatewayAnchors(context.db, authorities),
      issuer: await authorities.issuer(db, token.tenant),
      signingRequest,
      nowMs: clock.now(),
    },
  );
  if (!issued.ok) return refused("invalid_request", issued.error);
  const registered = await registerAgent(db, token.tenant, {
    wanted: { agentId, partition, renew: grant.value.renew || grant.value.is_again },
    certificate: issued.value,
    actor: `enrolment by ${actor}`,
  });
  if (!registered.ok) return registered;
  return ok({ agentId, partition, tenant: tenant.slug, certificate: issued.value });
}

type Grant = {
  readonly agent_id: string;
  readonly partition: string;
  readonly cn_form: 3 | 4;
  readonly renew: boolean;
  readonly actor: string;
  readonly is_again: boolean;
};
type Taking = {
  readonly tenant: number;
  readonly tokenId: string;
  readonly secret: string;
  readonly spki: string;
};

/** One statement decides who uses a token: of two that race, one finds it used. */
async function take(
  db: Queryable,
  { tenant, tokenId, secret, spki }: Taking,
): Promise<Result<Grant, EnrolmentProblem>> {
  const { rows } = await db.query<Grant>(
    `with before as (
       select used_at from sync.enrolment_tokens where tenant = $1 and token_id = $2 for update)
     update sync.enrolment_tokens t set used_at = coalesce(t.used_at, now()), used_spki_sha256 = $4
       from before b
      where t.tenant = $1 and t.token_id = $2 and t.sha256 = $3 and t.expires_at > now()
        and (t.used_at is null or t.used_spki_sha256 = $4)
      returning t.agent_id, t.partition, t.cn_form, t.renew, t.actor, b.used_at is not null as is_again`,
    [tenant, parseUuid(tokenId), sha256Hex(secret), spki],
  );
  if (rows[0] !== undefined) return ok(rows[0]);
  return await whyNot(db, { tenant, tokenId, secret });
}

async function whyNot(
  db: Queryable,
  { tenant, tokenId, secret }: Omit<Taking, "spki">,
): Promise<Result<never, EnrolmentProblem>> {
  const { rows } = await db.query<{ sha256: string; is_expired: boolean }>(
    `select sha256, expires_at <= now() as is_expired from sync.enrolment_tokens
      where tenant = $1 and token_id = $2`,
    [tenant, parseUuid(tokenId)],
  );
  const [row] = rows;
  if (row === undefined || !isEqual(row.sha256, sha256Hex(secret))) {
    return refused("invalid_token", "the token is not known here");
  }
  if (row.is_expired) return refused("token_expired", "the token has expired; ask for a new one");
  return refused("token_used", "the token was used already, by another key; ask for a new one");
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function refused(code: EnrolmentProblem["code"], message: string): Result<never, EnrolmentProblem> {
  return err({ code, message });
}
