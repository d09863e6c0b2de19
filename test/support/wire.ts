import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { GatewayClient, type GatewayClientOptions } from "../../src/wire/client.ts";
import type { AgentGatewayHandlers } from "../../src/wire/handlers.ts";
import { MESSAGE_LIMITS_DEFAULT } from "../../src/wire/limits.ts";
import { RpcFailure } from "../../src/wire/rpc-error.ts";
import { WireServer, type WireServerOptions } from "../../src/wire/server.ts";
import type { TestCerts, TestIdentity } from "./certs.ts";

/** How long a stopping test server waits for calls; none should be open by then. */
const GRACE_MS = 2_000;

/** A gateway on a free port of 127.0.0.1, with the handlers under test; the others answer UNIMPLEMENTED. */
export async function startServer(
  certs: TestCerts,
  handlers: Partial<AgentGatewayHandlers>,
  options: Partial<WireServerOptions> = {},
): Promise<AsyncDisposable & { readonly port: number; readonly server: WireServer }> {
  const server = new WireServer({
    tls: {
      caPems: [certs.root.certificatePem],
      chainPem: certs.server.chainPem,
      privateKeyPem: certs.server.privateKeyPem,
    },
    limits: MESSAGE_LIMITS_DEFAULT,
    handlers: { ...unimplemented, ...handlers },
    log: silentLog(),
    clock: systemClock,
    ...options,
  });
  const port = await server.listen("127.0.0.1:0");
  return { port, server, [Symbol.asyncDispose]: () => server.stop(GRACE_MS) };
}

/** A client of that server as `identity`, or with other options. */
export function connect(
  port: number,
  {
    certs,
    identity = certs.agent,
    ...options
  }: Partial<GatewayClientOptions> & {
    readonly certs: TestCerts;
    readonly identity?: TestIdentity;
  },
): Disposable & { readonly client: GatewayClient } {
  const client = new GatewayClient({
    address: `127.0.0.1:${port}`,
    tls: {
      caPem: certs.root.certificatePem,
      chainPem: identity.chainPem,
      privateKeyPem: identity.privateKeyPem,
    },
    limits: MESSAGE_LIMITS_DEFAULT,
    clock: systemClock,
    ...options,
  });
  return { client, [Symbol.dispose]: () => client.close() };
}

function refuse(): Promise<never> {
  return Promise.reject(new RpcFailure("UNIMPLEMENTED", "not part of this test"));
}

const unimplemented: AgentGatewayHandlers = {
  hello: refuse,
  getConfig: refuse,
  pushStatus: refuse,
  streamStatus: refuse,
  controlStream: refuse,
};
