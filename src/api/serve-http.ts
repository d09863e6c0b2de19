/** Listeners of the API: TCP for holders of tokens, and a local socket whose file mode says who may use it. */
import { once, type EventEmitter } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, ListenOptions } from "node:net";

import { createAdaptorServer } from "@hono/node-server";

import { pause, systemClock, type Clock } from "../lib/clock.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { parseListenAddress } from "../lib/listen-address.ts";
import { claimSocket, type SocketPath } from "../lib/local-socket.ts";
import { silentLog, type Log } from "../lib/log.ts";
import {
  watchCertificate,
  type CertificateSupply,
  type ServerCertificate,
} from "../lib/server-certificate.ts";
import { PLATFORM_ADMIN, type ListenerBindings } from "./caller.ts";
import { clientFrom, TrustedProxies } from "./peer.ts";
import type { Api } from "./routes.ts";

/** How a TCP listener meets browsers. */
interface WebListener {
  /** Absent: plain HTTP. */
  readonly tls?: CertificateSupply | undefined;
  /** Absent: none is trusted. */
  readonly proxies?: TrustedProxies | undefined;
}

/** What is served, and where. */
export type HttpSettings = {
  readonly app: Api;
  /** Stops the listener when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Absent: the system's. */
  readonly clock?: Clock;
  /** Hears of another certificate; absent: nobody does. */
  readonly log?: Log;
} & (
  | ({
      /** "host:port" (an IPv6 host in brackets); port 0 takes a free one. */
      readonly listen: string;
      /** Setting that it comes from, for errors; absent: the API's. */
      readonly setting?: string;
    } & WebListener)
  | { readonly socketPath: string }
);

/** A listener that runs. */
export interface RunningHttp extends AsyncDisposable {
  /** "host:port" or the socket's path. */
  readonly address: string;
  /** Takes no more requests, lets those under way end for a few seconds, then cuts them off. */
  stop(): Promise<void>;
}

/** Setting that a TCP address comes from, for errors. */
const LISTEN_SETTING = "--http-listen";
const SOCKET_SETTING = "--data-dir";
/**
 * How long a connection without a request is kept, ms: longer than a proxy in front keeps its own (nginx: 60 s). Node's 5 s cut
 * off requests that had arrived while this process was busy for as long.
 */
const KEEP_ALIVE_MS = 65_000;
/** How long a request under way may take to end once the listener stops, ms. */
const STOP_GRACE_MS = 5_000;

/** Starts a listener. Throws ConfigError naming the setting where the address cannot be had. */
export async function serveHttp(settings: HttpSettings): Promise<RunningHttp> {
  const { app, signal, clock = systemClock, log = silentLog() } = settings;
  signal?.throwIfAborted();
  const http =
    "listen" in settings
      ? await listenTcp({ app, clock, log }, { setting: LISTEN_SETTING, ...settings })
      : await listenLocal({ app, clock, log }, settings.socketPath);
  signal?.addEventListener("abort", () => void http.stop(), { once: true });
  return http;
}

type Serving = { readonly app: Api; readonly clock: Clock; readonly log: Log };

async function listenTcp(
  { app, clock, log }: Serving,
  { listen, setting, ...web }: { readonly listen: string; readonly setting: string } & WebListener,
): Promise<RunningHttp> {
  const parsed = parseListenAddress(listen);
  if (!parsed.ok) throw new ConfigError(setting, parsed.error);
  const { host, port } = parsed.value;
  const stopping = new AbortController();
  const bind = bindWeb(web, stopping.signal);
  const server = serverOf(app, { bind, ...(web.tls === undefined ? {} : { tls: web.tls }) });
  await listening(server, { port, ...(host === "" ? {} : { host }) }).catch((thrown: unknown) => {
    throw new ConfigError(setting, `${listen} cannot be listened on: ${messageOf(thrown)}`);
  });
  const { address, port: taken, family } = server.address() as AddressInfo;
  if (web.tls !== undefined) {
    const take = (certificate: ServerCertificate): void => replaceCertificate(server, certificate);
    void watchCertificate(web.tls, { clock, log, signal: stopping.signal, take });
  }
  const shown = family === "IPv6" ? `[${address}]` : address;
  return running(server, { address: `${shown}:${taken}`, clock, stopping });
}

/**
 * The folder is closed before the socket is made in it, so there is no moment at which another user could connect. A socket
 * that nobody answers is what a killed core left behind.
 */
async function listenLocal({ app, clock }: Serving, socketPath: string): Promise<RunningHttp> {
  let claimed: SocketPath | undefined;
  try {
    claimed = await claimSocket(socketPath);
    if (claimed === undefined) {
      throw new ConfigError(SOCKET_SETTING, `another core answers on ${socketPath}; stop it first`);
    }
    const stopping = new AbortController();
    const bindings = { ...PLATFORM_ADMIN, stopping: stopping.signal };
    const bind: Bind = ({ socket }) => ({ ...bindings, hangUp: () => socket.destroy() });
    const server = serverOf(app, { bind });
    await listening(server, { path: claimed.path });
    await chmod(socketPath, 0o600);
    return running(server, { address: socketPath, clock, stopping, closed: claimed.close });
  } catch (thrown) {
    claimed?.close();
    if (thrown instanceof ConfigError) throw thrown;
    throw new ConfigError(
      SOCKET_SETTING,
      `${socketPath} cannot be listened on: ${messageOf(thrown)}`,
    );
  }
}

type HttpServer = ReturnType<typeof createAdaptorServer>;

type Incoming = {
  readonly socket: { readonly remoteAddress?: string | undefined; destroy(): unknown };
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

/** What a listener says of a request; it comes from here and not from the request, so no caller can bring its own. */
type Bind = (incoming: Incoming) => ListenerBindings;

function serverOf(
  app: Api,
  { bind, tls }: { readonly bind: Bind; readonly tls?: CertificateSupply },
): HttpServer {
  const serverOptions = { keepAliveTimeout: KEEP_ALIVE_MS };
  const fetch = (request: Request, { incoming }: { readonly incoming: Incoming }) =>
    app.fetch(request, bind(incoming));
  // The adaptor's faster Request and Response would replace those of the whole process.
  const overrideGlobalObjects = false;
  if (tls === undefined) {
    return createAdaptorServer({ fetch, overrideGlobalObjects, serverOptions });
  }
  return createAdaptorServer({
    fetch,
    overrideGlobalObjects,
    createServer: createTlsServer,
    serverOptions: { ...serverOptions, ...secureOptions(tls.first) },
  });
}

function secureOptions({ chainPem: cert, privateKeyPem: key }: ServerCertificate): {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: "TLSv1.2";
} {
  return { cert, key, minVersion: "TLSv1.2" };
}

/** For connections to come; open ones go on. */
function replaceCertificate(server: HttpServer, certificate: ServerCertificate): void {
  if ("setSecureContext" in server) server.setSecureContext(secureOptions(certificate));
}

/** A browser's request, as the connection and trusted proxies tell of it. */
function bindWeb(web: WebListener, stopping: AbortSignal): Bind {
  const { tls, proxies = new TrustedProxies() } = web;
  return ({ socket, headers }) => {
    const header = (name: string): string | undefined => headers[name]?.toString();
    const address = socket.remoteAddress ?? "unknown";
    const client = clientFrom({ address, header, isTls: tls !== undefined }, proxies);
    return { client, stopping, hangUp: () => socket.destroy() };
  };
}

async function listening(server: HttpServer, address: ListenOptions): Promise<void> {
  server.listen(address);
  await once(server, "listening");
}

function running(
  server: HttpServer,
  {
    address,
    clock,
    stopping,
    closed,
  }: {
    readonly address: string;
    readonly clock: Clock;
    readonly stopping: AbortController;
    readonly closed?: () => void;
  },
): RunningHttp {
  let ended: Promise<void> | undefined;
  const closeIdle = (): void => {
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  };
  // Node closes only what is idle at the moment of `close`: a client that asks on and on over one connection would hold us for ever.
  server.on("request", (_request: unknown, response: EventEmitter) => {
    response.once("close", () => {
      if (ended !== undefined) setImmediate(closeIdle);
    });
  });
  const end = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    stopping.abort();
    const inTime = new AbortController();
    server.close(() => {
      inTime.abort();
      resolve();
    });
    closeIdle();
    await pause(clock, STOP_GRACE_MS, inTime.signal);
    if ("closeAllConnections" in server) server.closeAllConnections();
    await promise;
    closed?.();
  };
  const stop = (): Promise<void> => (ended ??= end());
  return { address, stop, [Symbol.asyncDispose]: stop };
}
