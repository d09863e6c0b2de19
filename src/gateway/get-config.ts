import { noteConfig } from "../control/agents.ts";
import { agentConfig } from "../control/config-payload.ts";
import type { AgentConfigRequest, AgentConfigResponse, Draft } from "../wire/messages.ts";
import { CONFIG_POLL_SEC, HEARTBEAT_SEC, type GatewayContext } from "./context.ts";
import { checkClaims, type Peer } from "./peer.ts";

/** Answers GetConfig. A failure is an error status, never an empty configuration: agents then keep what they have. */
export async function getConfig(
  context: GatewayContext,
  peer: Peer,
  request: AgentConfigRequest,
): Promise<Draft<AgentConfigResponse>> {
  checkClaims(peer, request);
  const config = await currentConfig(context, peer);
  const isCurrent = request.configVersion === config.configVersion;
  const { agentId } = peer;
  await noteConfig(context.db.forTenant(peer.tenant), peer.tenant, {
    agentId,
    offered: config.configVersion ?? "",
    ...(isCurrent ? { running: request.configVersion } : {}),
  });
  if (!isCurrent) return config;
  const { configVersion, heartbeatIntervalSec, configPollIntervalSec } = config;
  return {
    notModified: true,
    ...definedOf({ configVersion, heartbeatIntervalSec, configPollIntervalSec }),
  };
}

function definedOf<T extends object>(fields: T): { [K in keyof T]: NonNullable<T[K]> } {
  return fields as { [K in keyof T]: NonNullable<T[K]> };
}

/** An agent's configuration as it goes out, by GetConfig or over the control stream. */
export async function currentConfig(
  context: GatewayContext,
  { tenant, agentId }: Peer,
): Promise<Draft<AgentConfigResponse>> {
  const { gatewayId, sealer, db, clock } = context;
  const { version, json } = await agentConfig(db.forTenant(tenant), tenant, {
    agentId,
    gatewayId,
    sealer,
  });
  return {
    notModified: false,
    configVersion: version,
    configTimestamp: Math.floor(clock.now() / 1_000),
    heartbeatIntervalSec: HEARTBEAT_SEC,
    configPollIntervalSec: CONFIG_POLL_SEC,
    configJson: Buffer.from(json),
  };
}
