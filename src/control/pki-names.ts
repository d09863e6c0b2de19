import { isIP } from "node:net";

import { invariant } from "../lib/invariant.ts";
import { parseLabel, type TenantSlug } from "../model/tenant.ts";

/** Trust domain of the SPIFFE ids that we write; nobody checks it, the original's peers expect this one. */
const TRUST_DOMAIN = "serviceradar.local";

/** Names under which agents reach a gateway: those of the original's gateway certificate, and both loopback addresses. */
const SERVER_NAMES = [
  "gateway",
  "agent-gateway",
  "agent-gateway.serviceradar",
  "serviceradar-agent-gateway",
  "localhost",
  "127.0.0.1",
  "::1",
] as const;

/** Whose certificate it is. */
export interface AgentIdentity {
  readonly agentId: string;
  readonly partition: string;
  readonly tenant: TenantSlug;
  /** Labels of the common name: 4 by default, 3 (without the tenant) for gateways of the newer original. */
  readonly cnForm?: 3 | 4;
}

/** The common name and the SPIFFE id of an agent's certificate, in the form of one generation or the other. */
export function agentNames(agent: AgentIdentity): {
  readonly commonName: string;
  readonly spiffeId: string;
} {
  for (const label of [agent.agentId, agent.partition]) {
    invariant(parseLabel(label, "name").ok, `"${label}" was checked when the agent was made`);
  }
  const tenant = agent.cnForm === 3 ? [] : [agent.tenant];
  const labels = [agent.agentId, agent.partition, ...tenant, "serviceradar"];
  const path = ["agent", ...tenant, agent.partition, agent.agentId];
  return {
    commonName: labels.join("."),
    spiffeId: `spiffe://${TRUST_DOMAIN}/${path.join("/")}`,
  };
}

/** The alternative names of a gateway's certificate: the known ones, then `names`, each once. */
export function serverAltNames(
  names: readonly string[],
): { readonly type: "dns" | "ip"; readonly value: string }[] {
  const all = new Set([...SERVER_NAMES, ...names.map((name) => name.trim()).filter(Boolean)]);
  return [...all].map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }));
}
