import type {
  AgentConfigRequest,
  AgentConfigResponse,
  AgentHelloRequest,
  AgentHelloResponse,
  ControlStreamRequest,
  ControlStreamResponse,
  Draft,
  GatewayStatusChunk,
  GatewayStatusRequest,
  GatewayStatusResponse,
} from "./messages.ts";

/** What a handler knows of its call besides the messages. */
export interface CallContext {
  /** The certificate that the client proved to own (leaf, DER). TLS has chained it to a trusted authority, no more. */
  readonly certificate: Buffer;
  /** "192.0.2.7:51234" */
  readonly peerAddress: string;
  /** Aborts when nobody waits for the answer any more: cancelled, connection lost, deadline passed. */
  readonly signal: AbortSignal;
  /** Aborts when the server begins to stop: streams without an end of their own must end now. */
  readonly stopping: AbortSignal;
}

/** Sends one message on an open stream; resolves when it was handed to the network, so wait for it. */
export type Send<Message> = (draft: Draft<Message>) => Promise<void>;

/**
 * The gateway's side of every RPC. A handler answers with its result or by throwing RpcFailure; anything else that it
 * throws becomes INTERNAL and is logged. Messages of a stream arrive as the handler takes them: at most one is read ahead.
 */
export interface AgentGatewayHandlers {
  hello(request: AgentHelloRequest, context: CallContext): Promise<Draft<AgentHelloResponse>>;
  getConfig(request: AgentConfigRequest, context: CallContext): Promise<Draft<AgentConfigResponse>>;
  pushStatus(
    request: GatewayStatusRequest,
    context: CallContext,
  ): Promise<Draft<GatewayStatusResponse>>;
  /** May answer before the last chunk; the rest is then thrown away. */
  streamStatus(
    chunks: AsyncIterable<GatewayStatusChunk>,
    context: CallContext,
  ): Promise<Draft<GatewayStatusResponse>>;
  /** The stream ends when this returns. */
  controlStream(stream: ControlStreamEnd, context: CallContext): Promise<void>;
}

/** The gateway's end of a control stream. */
export interface ControlStreamEnd {
  /** Ends when the agent half-closes; throws SyncError "cancelled" when it is gone. */
  readonly received: AsyncIterable<ControlStreamRequest>;
  readonly send: Send<ControlStreamResponse>;
}
