import { noteHello } from "../control/agents.ts";
import { HELLO_RUN, putChunk } from "../inbox/inbox.ts";
import { isoTime, newUuid } from "../lib/clock.ts";
import { AGENT_INSTANCE } from "../model/device-update.ts";
import { isUsableIp, parseIp } from "../model/ip.ts";
import type { AgentHelloRequest, AgentHelloResponse, Draft } from "../wire/messages.ts";
import { HEARTBEAT_SEC, type GatewayContext } from "./context.ts";
import { checkClaims, type Peer } from "./peer.ts";

/** Answers a hello and queues an observation of the agent's host. */
export async function hello(
  context: GatewayContext,
  peer: Peer,
  { request, peerAddress }: { readonly request: AgentHelloRequest; readonly peerAddress: string },
): Promise<Draft<AgentHelloResponse>> {
  checkClaims(peer, request);
  const { agentId, partition } = peer;
  const { hostname, version, os, arch, capabilities, labels } = request;
  const sourceIp = hostOf(peerAddress);
  await noteHello(context.db.forTenant(peer.tenant), peer.tenant, {
    agentId,
    partition,
    hostname,
    version,
    os,
    arch,
    sourceIp,
    gatewayId: context.gatewayId,
    capabilities,
    labels,
    certificateIssuer: peer.certificateIssuer,
    certificateNotAfterMs: peer.certificateNotAfterMs,
  });
  await observeHost(context, peer, { request, sourceIp });
  return {
    accepted: true,
    agentId,
    message: "Agent enrolled successfully",
    gatewayId: context.gatewayId,
    serverTime: Math.floor(context.clock.now() / 1_000),
    heartbeatIntervalSec: HEARTBEAT_SEC,
    configOutdated: request.configVersion === "",
    tenantId: peer.tenantUid,
    tenantSlug: peer.slug,
  };
}

/** "192.0.2.7" of "192.0.2.7:51234", "2001:db8::1" of "[2001:db8::1]:51234". */
function hostOf(peerAddress: string): string {
  return peerAddress.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

/** Hello goes the way of every observation, so that the host's device is decided by DIRE like any other. */
async function observeHost(
  { db, clock, onStored }: GatewayContext,
  { tenant, agentId, partition }: Peer,
  { request, sourceIp }: { readonly request: AgentHelloRequest; readonly sourceIp: string },
): Promise<void> {
  const ip = parseIp(sourceIp);
  const update = {
    ...(ip !== undefined && isUsableIp(ip) ? { ip } : {}),
    hostname: request.hostname,
    source: "agent",
    timestamp: isoTime(clock.now()),
    is_available: true,
    metadata: { agent_id: agentId, os: request.os, device_type: "Server" },
    sync_meta: { sync_service_id: AGENT_INSTANCE },
  };
  const sender = {
    agentId,
    partition,
    sources: [{ serviceId: AGENT_INSTANCE, type: "agent", enabled: true }],
  };
  const message = Buffer.from(JSON.stringify([update]));
  await putChunk(db.forTenant(tenant), tenant, {
    agentId,
    runId: `${HELLO_RUN}${newUuid()}`,
    chunkIndex: 0,
    sender,
    message,
    chunksMax: Number.MAX_SAFE_INTEGER,
  });
  onStored(tenant);
}
