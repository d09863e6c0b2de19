import type { Http2SecureServer, ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";

import type { Server } from "@grpc/grpc-js";

/**
 * Bytes that a connection, and each stream of it, may have under way unread. HTTP/2's 65,535 allow 1.3 MB/s over a way of
 * 50 ms; this allows 10 MB/s. A stream that its handler holds back keeps up to that much in memory.
 */
export const FLOW_WINDOW_BYTES = 524_288;

/** Told of what clients never get to a handler with. */
export interface TurnedAway {
  /**
   * Why a client was turned away in the handshake: a code such as CERT_HAS_EXPIRED, and its certificate in DER where it sent one whose
   * key it holds. Node no longer knows the address by then; Deno 2.9 does not tell the certificate.
   */
  readonly onHandshake: (reason: string, certificate: Buffer | undefined) => void;
  /** A message was over the receive limit; the client's certificate in DER, and what it was told. */
  readonly onOversize: (certificate: Buffer, message: string) => void;
}

/**
 * Widens the window of every new connection, and tells what was turned away before a handler saw it. grpc-js 1.14.7 has an
 * option for the window in its client only, none for the rest, and keeps its HTTP/2 servers to itself: were they elsewhere
 * in another version, windows would stay small and refusals uncounted, and the tests of both would fail.
 */
export function watchConnections(server: Server, told: TurnedAway): void {
  const { http2Servers } = server as unknown as {
    readonly http2Servers?: ReadonlyMap<Http2SecureServer, unknown>;
  };
  for (const http2Server of http2Servers?.keys() ?? []) {
    http2Server.on("session", (session) => session.setLocalWindowSize(FLOW_WINDOW_BYTES));
    http2Server.on("stream", (stream) => {
      // Once closed, a stream knows its session no more, and a connection that is gone no certificate.
      const certificate = certificateOf(stream.session?.socket as TLSSocket | undefined);
      stream.once("close", () => {
        const message = statusText(stream);
        if (OVERSIZE.test(message) && certificate !== undefined) {
          told.onOversize(certificate, message);
        }
      });
    });
    const presented = new WeakMap<TLSSocket, Buffer>();
    http2Server.on("keylog", watchHandshake(presented));
    http2Server.on("tlsClientError", (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const reason = refusalOf(error, socket);
      if (reason !== undefined) told.onHandshake(reason, presented.get(socket));
    });
  }
}

/**
 * Node destroys a socket whose certificate it refuses before anybody is told of it, and a destroyed one has no certificate. It tells of a
 * socket before that only together with key material for debugging, which is not looked at; the certificate is noted when the
 * handshake is complete, just before Node judges it.
 */
function watchHandshake(
  presented: WeakMap<TLSSocket, Buffer>,
): (_line: Buffer, socket: TLSSocket) => void {
  const watched = new WeakSet<TLSSocket>();
  return (_line, socket) => {
    if (watched.has(socket)) return;
    watched.add(socket);
    socket.prependListener("secure", () => {
      const certificate = certificateOf(socket);
      if (certificate !== undefined) presented.set(socket, certificate);
    });
  };
}

/** Null where the connection is gone already, whatever the types say. */
function certificateOf(socket: TLSSocket | undefined): Buffer | undefined {
  const certificate = socket?.getPeerCertificate() as { readonly raw?: Buffer } | null | undefined;
  return certificate?.raw;
}

/** How grpc-js words it. To a handler such a call looks as if its caller had gone. */
const OVERSIZE = /^Received message larger than max/;

/** What gRPC told the client of its call: in trailers, or in the headers where nothing was sent before. */
function statusText({ sentTrailers, sentHeaders }: ServerHttp2Stream): string {
  const text = sentTrailers?.["grpc-message"] ?? sentHeaders?.["grpc-message"];
  return typeof text === "string" ? decodeURI(text) : "";
}

/** Why we refused a client; undefined if it hung up by itself, as port scanners and those who distrust us do. */
function refusalOf(error: NodeJS.ErrnoException, socket: TLSSocket): string | undefined {
  // Typed as an Error, which it is on clients only: here it is a code, or null.
  const code = socket.authorizationError as unknown;
  if (typeof code === "string") return code;
  const isOurs = error.code?.startsWith("ERR_SSL_") === true && !error.code.includes("_ALERT_");
  return isOurs ? error.code : undefined;
}
