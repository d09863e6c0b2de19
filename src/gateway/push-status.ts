import { noteHeartbeat } from "../control/agents.ts";
import { SERVICES_MAX } from "../wire/limits.ts";
import type {
  GatewayServiceStatus,
  GatewayStatusRequest,
  GatewayStatusResponse,
} from "../wire/messages.ts";
import { RpcFailure } from "../wire/rpc-error.ts";
import type { GatewayContext } from "./context.ts";
import { LEFT_OUT, noteRefusal } from "./note-refusal.ts";
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
    const wrong = isOversize(service) ? "message exceeds 15 MiB" : wrongOf(service);
    if (wrong === undefined) return true;
    const { tenant, agentId } = peer;
    noteRefusal(context, { tenant, agentId, code: LEFT_OUT, message: wrong });
    return false;
  });
  if (request.services.length > 0 && services.length === 0) {
    throw new RpcFailure("INVALID_ARGUMENT", "no valid service statuses");
  }
  const state = services.find((service) => classify(service) === "state");
  await noteHeartbeat(context.db.forTenant(peer.tenant), peer.tenant, {
    agentId: peer.agentId,
    status: state === undefined ? undefined : readState(state),
  });
  return { received: true };
}

function wrongOf(service: GatewayServiceStatus): string | undefined {
  const checked = checkService(service);
  return checked.ok ? undefined : checked.error;
}

/** A state that is not JSON was cut, or comes from a peer with another idea of it; the heartbeat counts all the same. */
function readState(service: GatewayServiceStatus): unknown {
  try {
    return JSON.parse(readableMessage(service).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
