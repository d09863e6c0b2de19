import { logVerbosity, Server, setLogVerbosity } from "@grpc/grpc-js";

import { pause, type Clock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { serveBidi, serveClientStream, serveUnary, type CallHost } from "./calls.ts";
import { FLOW_WINDOW_BYTES, watchConnections, type TurnedAway } from "./connections.ts";
import { MutualTlsCredentials, type ServerTls } from "./credentials.ts";
import type { AgentGatewayHandlers } from "./handlers.ts";
import type { MessageLimits } from "./limits.ts";
import { AGENT_GATEWAY } from "./stubs.ts";

/**
 * How often the server asks a silent connection whether it is alive, so that an agent whose host vanished is noticed;
 * the same as agents do towards us (protocol 2.2). Their pings need no permission: Node's HTTP/2 answers every one.
 */
const KEEPALIVE_MS = 30_000;
/** How long the answer may take; agents allow 10 s, a link that is busy with a chunk needs more. */
const KEEPALIVE_TIMEOUT_MS = 20_000;
/** Calls at a time on one connection. An agent needs one control stream, a heartbeat and a stream for each source; RFC 9113 section 6.5.2 advises against less. */
const CALLS_PER_CONNECTION_MAX = 100;
/** How grpc-js 1.14.7 words an address that cannot be bound: "No address added out of total 1 resolved errors: [listen EADDRINUSE: …]". */
const BIND_REASON = /^No address added [^[]*\[([^]*)\]$/;

// grpc-js would write that to standard error by itself, beside our own sentence; all it has to say reaches us as errors too.
setLogVerbosity(logVerbosity.NONE);

/** What a wire server is made of. */
export interface WireServerOptions {
  readonly tls: ServerTls;
  readonly limits: MessageLimits;
  readonly handlers: AgentGatewayHandlers;
  readonly log: Log;
  readonly clock: Clock;
  /** Told of every client that TLS turned away, with the reason's code. */
  readonly onHandshakeRefused?: TurnedAway["onHandshake"];
  /** Told of every message over the receive limit. */
  readonly onOversize?: TurnedAway["onOversize"];
}

/** A gRPC server of AgentGatewayService; it speaks mTLS or not at all. */
export class WireServer {
  readonly #options: WireServerOptions;
  readonly #server: Server;
  readonly #credentials: MutualTlsCredentials;
  readonly #stopping = new AbortController();

  constructor(options: WireServerOptions) {
    this.#options = options;
    this.#credentials = new MutualTlsCredentials(options.tls, {
      settings: {
        initialWindowSize: FLOW_WINDOW_BYTES,
        maxConcurrentStreams: CALLS_PER_CONNECTION_MAX,
      },
    });
    this.#server = new Server({
      "grpc.max_receive_message_length": options.limits.receiveBytesMax,
      "grpc.max_send_message_length": options.limits.sendBytesMax,
      "grpc.keepalive_time_ms": KEEPALIVE_MS,
      "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
      // channelz stays on: without it grpc-js 1.14.7 forgets its connections and forceShutdown ends none.
    });
    const host = { server: this.#server, log: options.log, stopping: this.#stopping.signal };
    register(host, options.handlers);
  }

  /** Listens on "host:port" (port 0: any) and gives the port. Throws SyncError "listen_failed" with the system's words. */
  async listen(address: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.bindAsync(address, this.#credentials, (error, port) => {
      if (error === null) return resolve(port);
      const why = BIND_REASON.exec(error.message)?.[1] ?? error.message;
      reject(new SyncError("listen_failed", why, { retry: "permanent" }));
    });
    const port = await promise;
    const { onHandshakeRefused = () => {}, onOversize = () => {} } = this.#options;
    watchConnections(this.#server, { onHandshake: onHandshakeRefused, onOversize });
    return port;
  }

  /** Takes over new authorities or a renewed certificate for connections to come. Throws ConfigError on unusable ones. */
  replaceTls(tls: ServerTls): void {
    this.#credentials.replace(tls);
  }

  /** Takes no new calls, lets open ones end for up to `graceMs`, then cuts them off. */
  async stop(graceMs: number): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const inTime = new AbortController();
    this.#stopping.abort();
    this.#server.tryShutdown(() => {
      inTime.abort();
      resolve();
    });
    await pause(this.#options.clock, graceMs, inTime.signal);
    if (!inTime.signal.aborted) this.#server.forceShutdown();
    await closed;
  }
}

function register(host: CallHost, handlers: AgentGatewayHandlers): void {
  const { hello, getConfig, pushStatus, streamStatus, controlStream } = AGENT_GATEWAY;
  serveUnary(host, hello, (request, context) => handlers.hello(request, context));
  serveUnary(host, getConfig, (request, context) => handlers.getConfig(request, context));
  serveUnary(host, pushStatus, (request, context) => handlers.pushStatus(request, context));
  serveClientStream(host, streamStatus, (chunks, context) =>
    handlers.streamStatus(chunks, context),
  );
  serveBidi(host, controlStream, (stream, context) => handlers.controlStream(stream, context));
}
