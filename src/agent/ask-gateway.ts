import { SyncError } from "../lib/errors.ts";
import type { AgentConfigResponse } from "../wire/messages.ts";
import type { Gateway } from "./gateway-link.ts";
import { helloOf, type AgentIdentity } from "./identity.ts";

/** What a gateway says to an agent that asks once. */
export interface GatewayAnswer {
  readonly gatewayId: string;
  /** Its clock, ms; undefined where it does not say. */
  readonly serverTimeMs: number | undefined;
  readonly config: AgentConfigResponse;
}

/** Greets one gateway, asks for the whole configuration, and leaves. Throws what the calls throw. */
export async function askGateway(
  connect: () => Gateway,
  { identity, signal }: { readonly identity: AgentIdentity; readonly signal: AbortSignal },
): Promise<GatewayAnswer> {
  const gateway = connect();
  try {
    const { accepted, message, gatewayId, serverTime } = await gateway.hello(
      helloOf(identity, ""),
      { signal },
    );
    if (!accepted) {
      throw new SyncError("permission_denied", `Hello: ${message}`, { retry: "permanent" });
    }
    const asked = { agentId: identity.agentId, configVersion: "" };
    const config = await gateway.getConfig(asked, { signal });
    const serverTimeMs = serverTime > 0 ? serverTime * 1_000 : undefined;
    return { gatewayId, serverTimeMs, config };
  } finally {
    gateway.close();
  }
}
