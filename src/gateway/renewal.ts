import { certifyAgent } from "../control/agent-certificate.ts";
/**
 * Renewal of agents' certificates over the control stream: the gateway asks the agent for a signing request, certifies it, and
 * sends the certificate. What is asked and answered are commands, so an operator sees them. Only certificates that were issued here are
 * renewed: another authority's agents are somebody else's to certify.
 */
import { planRegistration, registerAgent } from "../control/agent-registration.ts";
import type { Authorities } from "../control/authorities.ts";
import { findOpenCommand, queueCommand } from "../control/commands.ts";
import { gatewayAnchors } from "../control/gateway-anchors.ts";
import { LEAF_DAYS } from "../control/pki.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import type { CommandResult } from "../wire/messages.ts";
import type { GatewayContext } from "./context.ts";
import type { Peer } from "./peer.ts";

/** The capability by which an agent says that it can. */
export const RENEW_CAPABILITY = "certificate.renew";
const ASK = "agent.renew_certificate";
const INSTALL = "agent.install_certificate";
const ACTOR = "gateway";
/** A third of its life before the end: months to notice that it fails. */
const RENEW_BEFORE_MS = (LEAF_DAYS / 3) * 86_400_000;
const TTL_SECONDS = 300;

/** Asks for a signing request, if the certificate nears its end, was issued here, and no question is open. */
export async function askForRenewal(
  { db: dbs, clock }: GatewayContext,
  { tenant, agentId, certificateNotAfterMs, isListed }: Peer,
): Promise<void> {
  if (!isListed || certificateNotAfterMs - clock.now() > RENEW_BEFORE_MS) return;
  const db = dbs.forTenant(tenant);
  if (await findOpenCommand(db, tenant, { agentId, type: ASK })) return;
  const command = { agentId, type: ASK, payload: {}, ttlSeconds: TTL_SECONDS, actor: ACTOR };
  await queueCommand(db, tenant, command);
}

/** Certifies the request that an agent answered with, and queues the certificate for it. */
export async function answerRenewal(
  context: GatewayContext & { readonly authorities: Authorities },
  peer: Peer,
  { commandType, success, payloadJson }: CommandResult,
): Promise<void> {
  if (commandType !== ASK || !success) return;
  const { clock, log, authorities } = context;
  const { tenant, agentId, partition, cnForm } = peer;
  const db = context.db.forTenant(tenant);
  const slug = parseTenantSlug(peer.slug);
  const signingRequest = requestIn(payloadJson);
  if (!slug.ok || signingRequest === undefined) return;
  const wanted = { agentId, partition, renew: true };
  const plan = await planRegistration(db, tenant, wanted);
  if (!plan.ok) return log.warn({ agent_id: agentId, why: plan.error.message }, "not renewed");
  const issued = await certifyAgent(
    { agentId, partition, tenant: slug.value, cnForm },
    {
      anchorsPem: await gatewayAnchors(context.db, authorities),
      issuer: await authorities.issuer(db, tenant),
      signingRequest,
      nowMs: clock.now(),
    },
  );
  if (!issued.ok) return log.warn({ agent_id: agentId, why: issued.error }, "not renewed");
  await registerAgent(db, tenant, { wanted, certificate: issued.value, actor: ACTOR });
  const payload = { chain_pem: issued.value.chainPem };
  const command = { agentId, type: INSTALL, payload, ttlSeconds: TTL_SECONDS, actor: ACTOR };
  await queueCommand(db, tenant, command);
  log.info({ tenant: peer.slug, agent_id: agentId }, "certificate renewed");
}

function requestIn(payloadJson: Buffer): string | undefined {
  try {
    const { signing_request: text } = JSON.parse(payloadJson.toString("utf8")) as {
      readonly signing_request?: unknown;
    };
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}
