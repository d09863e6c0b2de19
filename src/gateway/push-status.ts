import { noteHeartbeat } from "../control/agents.ts";
import { SERVICES_MAX } from "../wire/limits.ts";
import type {
  GatewayServiceStatus,
  GatewayStatusRequest,
  GatewayStatusResponse,
} from "../wire/messages.ts";
import { RpcFailure } from "../wire/rpc-error.ts";
import type { GatewayContext } from "./context.ts";
import { checkClaims, type Peer } from "./peer.ts";
import { checkService, classify, isOversize, readableMessage } from "./service-rules.ts";

/** Takes a heartbeat: the agent is alive, and its "sync" service says how its sources are. */
export async function pushStatus(
  context: GatewayContext,
  peer: Peer,
  request: GatewayStatusRequest,
): Promise<GatewayStatusResponse> {
  checkClaims(peer, request);
  if (request.services.length > SERVICES_MAX) {
    throw new RpcFailure(
      "RESOURCE_EXHAUSTED",
      `too many service statuses in one request (max: ${SERVICES_MAX})`,
    );
  }
  const services = request.services.filter((service) => {
    checkClaims(peer, { ...service, agentId: service.agentId || peer.agentId });
    return !isOversize(service) && checkService(service).ok;
  });
  if (request.services.length > 0 && services.length === 0) {
    throw new RpcFailure("INVALID_ARGUMENT", "no valid service statuses");
  }
  const state = services.find((service) => classify(service) === "state");
  await noteHeartbeat(context.db, peer.tenant, {
    agentId: peer.agentId,
    status: state === undefined ? undefined : readState(state),
  });
  return { received: true };
}

/** A state that is not JSON was cut, or comes from a peer with another idea of it; the heartbeat counts all the same. */
function readState(service: GatewayServiceStatus): unknown {
  try {
    return JSON.parse(readableMessage(service).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
