import { z } from "@hono/zod-openapi";

import { certifyAgent } from "../control/agent-certificate.ts";
import {
  planRegistration,
  registerAgent,
  revokeAgent,
  type RegistrationProblem,
} from "../control/agent-registration.ts";
import { AGENT_STATES, agentState } from "../control/agent-state.ts";
import { findAgent, listAgents, type Agent } from "../control/agents.ts";
import { createEnrolment } from "../control/enrolment.ts";
import { gatewayAnchors } from "../control/gateway-anchors.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { parseGoDuration } from "../lib/duration.ts";
import { parseLabel } from "../model/tenant.ts";
import type { ApiContext } from "./context.ts";
import {
  agentSchema,
  certifiedAgentSchema,
  enrolmentAddressesSchema,
  enrolmentSchema,
  newAgentSchema,
  newEnrolmentSchema,
  pageOf,
} from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { agentIdsSchema, foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import {
  answers,
  paramsWith,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

const route = routesOf("agents");
const params = paramsWith("agent_id", "Id of the agent");

const list = route.get(`${TENANT_PATH}/agents`, "viewer", {
  summary: "Agents, by id",
  request: {
    params: tenantParams,
    query: foundQuery.extend({
      state: z.enum(AGENT_STATES).optional(),
      ids: agentIdsSchema,
      attention: z.stringbool().default(false).openapi({
        type: "boolean",
        description:
          "Only those that do not work though they should: silent, stopped, never seen, or with a certificate that ends within 14 days",
      }),
    }),
  },
  gives: { 200: answers(pageOf("agents", agentSchema), "One page") },
});

const create = route.post(`${TENANT_PATH}/agents`, "admin", {
  summary: "Certify an agent",
  request: { params: tenantParams, body: takes(newAgentSchema) },
  gives: {
    201: answers(certifiedAgentSchema, "The certificate, given this once"),
  },
});

const get = route.get(`${TENANT_PATH}/agents/{agent_id}`, "viewer", {
  summary: "One agent",
  request: { params },
  gives: { 200: answers(agentSchema, "The agent") },
});

const revoke = route.post(`${TENANT_PATH}/agents/{agent_id}/revoke`, "admin", {
  summary: "End an agent's identity, on open streams too",
  request: { params },
  gives: { 200: answers(agentSchema, "The agent as it is now") },
});

const enrolment = route.post(`${TENANT_PATH}/enrolments`, "admin", {
  summary: "Make a one-time token by which a host enrols as an agent",
  request: { params: tenantParams, body: takes(newEnrolmentSchema) },
  gives: { 201: answers(enrolmentSchema, "The token, given this once") },
});

const addresses = route.get(`${TENANT_PATH}/enrolments/addresses`, "admin", {
  summary: "Where hosts that enrol reach this core, for the members of a token",
  request: { params: tenantParams },
  gives: { 200: answers(enrolmentAddressesSchema, "What this process knows of it") },
});

const BY_ID: KeyedList<Agent, readonly [string]> = {
  letter: "a",
  kinds: ["text"],
  keyOf: ({ agentId }) => [agentId],
};

/** Adds the routes of agents. */
export function addAgents(app: Api, context: ApiContext): void {
  const { clock } = context;
  app.openapi(list, async (c) => {
    const { q: text, state, attention, ids, ...page } = c.req.valid("query");
    const among = ids?.split(",");
    const nowMs = clock.now();
    const states = state === undefined ? undefined : [state];
    const { rows, next } = await keyedPage(BY_ID, page, ({ after: [after] = [], limit }) => {
      const wanted = { after, limit, text, states, among, nowMs, needsAttention: attention };
      return listAgents(c.get("db"), c.get("tenant").tenant, wanted);
    });
    return c.json({ agents: rows.map((agent) => shown(agent, nowMs)), next }, 200);
  });
  app.openapi(create, async (c) => {
    const { actor } = c.get("caller");
    return c.json(await certify(context, c.get("tenant"), { ...c.req.valid("json"), actor }), 201);
  });
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const agent = await agentNamed(db, c.get("tenant"), c.req.valid("param").agent_id);
    return c.json(shown(agent, clock.now()), 200);
  });
  app.openapi(enrolment, async (c) => {
    const { actor } = c.get("caller");
    const wanted = { ...c.req.valid("json"), actor };
    return c.json(await makeEnrolment(context, c.get("tenant"), wanted), 201);
  });
  app.openapi(addresses, (c) => {
    const { gatewayAddress, enrolmentUrl } = context;
    return c.json({ gateway_addr: gatewayAddress, core_url: enrolmentUrl }, 200);
  });
  app.openapi(revoke, async (c) => {
    const db = c.get("db");
    const agent = await agentNamed(db, c.get("tenant"), c.req.valid("param").agent_id);
    const { agentId } = agent;
    const { tenant } = c.get("tenant");
    await revokeAgent(db, tenant, { agentId, actor: c.get("caller").actor });
    return c.json(shown(await agentNamed(db, c.get("tenant"), agentId), clock.now()), 200);
  });
}

async function agentNamed(db: Db, { tenant, slug }: Tenant, agentId: string): Promise<Agent> {
  const agent = await findAgent(db, tenant, agentId);
  if (agent !== undefined) return agent;
  throw new Problem("agent_not_found", `tenant "${slug}" has no agent "${agentId}"`);
}

type Wanted = z.infer<typeof newAgentSchema> & { readonly actor: string };

async function certify(
  { db: dbs, authorities, clock, gatewayAddress }: ApiContext,
  tenant: Tenant,
  wanted: Wanted,
): Promise<z.infer<typeof certifiedAgentSchema>> {
  const db = dbs.forTenant(tenant.tenant);
  const agentId = labelOf(wanted.agent_id, "agent_id");
  const partition = labelOf(wanted.partition, "partition");
  const registering = { agentId, partition, renew: wanted.renew };
  const plan = await planRegistration(db, tenant.tenant, registering);
  if (!plan.ok) throw registrationProblem(plan.error);
  const issued = await certifyAgent(
    { agentId, partition, tenant: tenant.slug, cnForm: wanted.cn_form },
    {
      anchorsPem: await gatewayAnchors(dbs, authorities),
      issuer: await authorities.issuer(db, tenant.tenant),
      signingRequest: wanted.signing_request,
      nowMs: clock.now(),
    },
  );
  if (!issued.ok) throw new Problem("invalid_request", `signing_request: ${issued.error}`);
  const { rootPem, chainPem, privateKeyPem, serverName } = issued.value;
  const { actor } = wanted;
  const registered = { wanted: registering, certificate: issued.value, actor };
  const outcome = await registerAgent(db, tenant.tenant, registered);
  if (!outcome.ok) throw registrationProblem(outcome.error);
  return {
    agent: shown(await agentNamed(db, tenant, agentId), clock.now()),
    outcome: outcome.value,
    bundle: {
      root_pem: rootPem,
      chain_pem: chainPem,
      private_key_pem: privateKeyPem?.reveal(),
      server_name: serverName,
      gateway_addr: gatewayAddress,
    },
  };
}

type WantedEnrolment = z.infer<typeof newEnrolmentSchema> & { readonly actor: string };

/** Longest life of a token, ms: it opens the door for whoever finds it. */
const ENROLMENT_MAX_MS = 30 * 86_400_000;

async function makeEnrolment(
  context: ApiContext,
  { tenant }: Tenant,
  wanted: WantedEnrolment,
): Promise<z.infer<typeof enrolmentSchema>> {
  const agentId = labelOf(wanted.agent_id, "agent_id");
  const life = parseGoDuration(wanted.expires_in);
  if (!life.ok) throw new Problem("invalid_request", `expires_in ${life.error}`);
  if (life.value <= 0 || life.value > ENROLMENT_MAX_MS) {
    const detail = `expires_in "${wanted.expires_in}" must be longer than 0, at most 720h`;
    throw new Problem("invalid_request", detail);
  }
  const made = await createEnrolment(context, tenant, {
    agentId,
    partition: labelOf(wanted.partition, "partition"),
    cnForm: wanted.cn_form,
    renew: wanted.renew,
    lifeMs: life.value,
    gatewayAddress: wanted.gateway_addr,
    coreUrl: wanted.core_url,
    actor: wanted.actor,
  });
  if (!made.ok) throw registrationProblem(made.error);
  const { token, tokenId, expiresMs } = made.value;
  const expires_at = timeOf(expiresMs);
  return { token: token.reveal(), token_id: tokenId, agent_id: agentId, expires_at };
}

function labelOf(text: string, setting: string): string {
  const label = parseLabel(text, setting);
  if (label.ok) return label.value;
  throw new Problem("invalid_request", label.error, {
    errors: [{ path: setting, message: label.error }],
  });
}

function registrationProblem({ code, message }: RegistrationProblem): Problem {
  return new Problem(code, message);
}

function shown(agent: Agent, nowMs: number): z.infer<typeof agentSchema> {
  return {
    agent_id: agent.agentId,
    partition: agent.partition,
    state: agentState(agent, nowMs),
    hostname: agent.hostname,
    version: agent.version,
    created_at: timeOf(agent.createdMs),
    revoked_at: timeOf(agent.revokedMs),
    last_seen_at: timeOf(agent.lastSeenMs),
    gateway_id: agent.gatewayId,
    certificate_not_after: timeOf(agent.certificateNotAfterMs),
    certificate_issuer: agent.certificateIssuer,
    config_offered: agent.configOffered,
    config_running: runningConfig(agent),
    config_running_at: timeOf(agent.configRunningMs),
    status: agent.status,
  };
}

/** What an agent confirmed, or what its heartbeat says it runs: whichever is what it was offered, for either may be late. */
function runningConfig({ configOffered, configRunning, status }: Agent): string | undefined {
  const { config_version: version } = (status ?? {}) as { readonly config_version?: unknown };
  const reported = typeof version === "string" ? version : undefined;
  return reported === configOffered ? reported : (configRunning ?? reported);
}
