import { setImmediate } from "node:timers/promises";

import {
  Metadata,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
} from "@grpc/grpc-js";

import { messageOf, SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { CallContext, Send } from "./handlers.ts";
import type { Draft } from "./messages.ts";
import { RETRY_DELAY_KEY, RPC_STATUS, RpcFailure } from "./rpc-error.ts";
import type { Rpc } from "./stubs.ts";

/** What all calls of one server share. */
export interface CallHost {
  readonly server: Server;
  readonly log: Log;
  readonly stopping: AbortSignal;
}

type ServerCall = ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>;

/** Has an async function answer an RPC of one message each way. */
export function serveUnary<Request, Response>(
  host: CallHost,
  rpc: Rpc<Request, Response>,
  work: (request: Request, context: CallContext) => Promise<Draft<Response>>,
): void {
  const handle: handleUnaryCall<Request, Draft<Response>> = (call, callback) => {
    void respond({ host, rpc, call, callback }, (context) => work(call.request, context));
  };
  host.server.register(rpc.path, handle, rpc.response.encode, rpc.request.decode, "unary");
}

/** Has an async function answer a stream of messages with one. */
export function serveClientStream<Request, Response>(
  host: CallHost,
  rpc: Rpc<Request, Response>,
  work: (requests: AsyncIterable<Request>, context: CallContext) => Promise<Draft<Response>>,
): void {
  const handle: handleClientStreamingCall<Request, Draft<Response>> = (call, callback) => {
    void respond({ host, rpc, call, callback }, (context) => work(received(call), context));
  };
  host.server.register(rpc.path, handle, rpc.response.encode, rpc.request.decode, "clientStream");
}

/** Has an async function hold both ends of a stream until it returns. */
export function serveBidi<Request, Response>(
  host: CallHost,
  rpc: Rpc<Request, Response>,
  work: (
    stream: { readonly received: AsyncIterable<Request>; readonly send: Send<Response> },
    context: CallContext,
  ) => Promise<void>,
): void {
  const handle: handleBidiStreamingCall<Request, Draft<Response>> = (call) => {
    const stream = { received: received(call), send: sender(call) };
    const callback = (failure: Failure | null): void => {
      // grpc-js takes a stream's status from an error event; destroying the stream would drop it.
      if (failure === null) call.end();
      else call.emit("error", failure);
    };
    void respond({ host, rpc, call, callback }, (context) => work(stream, context));
  };
  host.server.register(rpc.path, handle, rpc.response.encode, rpc.request.decode, "bidi");
}

type Served<Answer> = {
  readonly host: CallHost;
  readonly rpc: { readonly path: string };
  readonly call: ServerCall;
  readonly callback: (failure: Failure | null, answer?: Answer) => void;
};

/** Answers exactly once, whatever `work` does; a caller that is gone gets no answer. */
async function respond<Answer>(
  { host, rpc, call, callback }: Served<Answer>,
  work: (context: CallContext) => Promise<Answer>,
): Promise<void> {
  const gone = new AbortController();
  const onGone = (): void => gone.abort(callerGone());
  call.once("cancelled", onGone);
  try {
    const answer = await work(contextOf(call, gone.signal, host.stopping));
    callback(null, answer);
  } catch (thrown) {
    if (!gone.signal.aborted) callback(failureOf(thrown, rpc.path, host.log));
  } finally {
    call.off("cancelled", onGone);
  }
}

function contextOf(call: ServerCall, signal: AbortSignal, stopping: AbortSignal): CallContext {
  const certificate = call.getAuthContext().sslPeerCertificate?.raw;
  if (certificate === undefined) {
    throw new RpcFailure("UNAUTHENTICATED", "invalid client certificate");
  }
  return { certificate: Buffer.from(certificate), peerAddress: call.getPeer(), signal, stopping };
}

function callerGone(): SyncError {
  return new SyncError("cancelled", "the caller is gone", { retry: "transient" });
}

/** A status as grpc-js takes it, from a callback or from an error event. */
type Failure = {
  readonly name: string;
  readonly message: string;
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
};

/** What the caller gets to see: our own words, or none of what broke inside. */
function failureOf(thrown: unknown, path: string, log: Log): Failure {
  const metadata = new Metadata();
  if (!(thrown instanceof RpcFailure)) {
    log.error({ rpc: path, error: messageOf(thrown) }, "rpc failed");
    return asFailure(RPC_STATUS.INTERNAL, "internal error", metadata);
  }
  if (thrown.retryAfterMs !== undefined) {
    metadata.set(RETRY_DELAY_KEY, String(Math.ceil(thrown.retryAfterMs)));
  }
  return asFailure(RPC_STATUS[thrown.status], thrown.message, metadata);
}

function asFailure(code: number, details: string, metadata: Metadata): Failure {
  return { name: "RpcFailure", message: details, code, details, metadata };
}

/**
 * Chunks read beyond the one being worked on. Node would read 16 objects ahead, which here is 48 MiB for each agent
 * that streams; with none, network and work would take turns.
 */
const READ_AHEAD = 1;

/** grpc-js 1.14.7 makes its streams itself and Node has no public setter for this; a test of a slow consumer fails if it stops working. */
type StreamInternals = { readonly _readableState: { highWaterMark: number } };

async function* received<Request>(
  call: ServerReadableStream<Request, unknown> | ServerDuplexStream<Request, unknown>,
): AsyncGenerator<Request, void, void> {
  // oxlint-disable-next-line no-underscore-dangle -- as StreamInternals says
  (call as unknown as StreamInternals)._readableState.highWaterMark = READ_AHEAD;
  try {
    // Without this option a handler that stops reading would take the way back, and its answer, with it.
    yield* call.iterator({ destroyOnReturn: false }) as AsyncIterable<Request>;
  } catch (thrown) {
    throw call.destroyed ? callerGone() : thrown;
  }
  // A stream that is reset looks ended at first; that it was cancelled is known one turn of the event loop later.
  await setImmediate();
  if (call.cancelled) throw callerGone();
}

function sender<Request, Response>(
  call: ServerDuplexStream<Request, Draft<Response>>,
): Send<Response> {
  return async (draft) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // grpc-js never calls back for a write on a stream that was lost meanwhile.
    const onGone = (): void => reject(callerGone());
    call.once("cancelled", onGone);
    if (call.cancelled) onGone();
    else call.write(draft, (error?: Error | null) => (error == null ? resolve() : onGone()));
    try {
      await promise;
    } finally {
      call.off("cancelled", onGone);
    }
  };
}
