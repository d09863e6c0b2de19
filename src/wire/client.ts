import { Client } from "@grpc/grpc-js";

import type { Clock } from "../lib/clock.ts";
import { FLOW_WINDOW_BYTES } from "./connections.ts";
import { clientChannel } from "./credentials.ts";
import type { MessageLimits } from "./limits.ts";
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
import { bidiRequest, clientStreamRequest, unaryRequest, type Outgoing } from "./requests.ts";
import { AGENT_GATEWAY, type Rpc } from "./stubs.ts";
import type { ClientTls } from "./tls.ts";

/** How long each call may take unless told otherwise, as the original agent (protocol 3.1). Streams may take for ever. */
const HELLO_TIMEOUT_MS = 10_000;
const GET_CONFIG_TIMEOUT_MS = 30_000;
const PUSH_STATUS_TIMEOUT_MS = 30_000;
/** How often, and for how long, a silent connection is asked whether it is alive: the original agent's values (protocol 2.2). */
const KEEPALIVE_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
/** How soon a lost connection is tried again, growing to how late; grpc-js adds jitter. */
const RECONNECT_BASE_MS = 1_000;
const RECONNECT_CAP_MS = 30_000;

/** What a gateway client is made of. */
export interface GatewayClientOptions {
  /** "host:port" of the gateway. */
  readonly address: string;
  readonly tls: ClientTls;
  readonly limits: MessageLimits;
  readonly clock: Clock;
}

/** How a call is bounded. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * The agent's side of AgentGatewayService, over one connection that is made at the first call and again when it is
 * lost. Every call rejects with the signal's reason once that aborts, else with a SyncError as rpc-error.ts has it.
 * Nothing is retried here.
 */
export class GatewayClient {
  readonly #client: Client;
  readonly #clock: Clock;

  constructor({ address, tls, limits, clock }: GatewayClientOptions) {
    this.#clock = clock;
    const { credentials, nameOptions } = clientChannel(tls, address);
    this.#client = new Client(address, credentials, { ...nameOptions, ...channelOptions(limits) });
  }

  hello(draft: Draft<AgentHelloRequest>, options: RequestOptions): Promise<AgentHelloResponse> {
    return this.#ask(AGENT_GATEWAY.hello, draft, { timeoutMs: HELLO_TIMEOUT_MS, ...options });
  }

  getConfig(
    draft: Draft<AgentConfigRequest>,
    options: RequestOptions,
  ): Promise<AgentConfigResponse> {
    return this.#ask(AGENT_GATEWAY.getConfig, draft, {
      timeoutMs: GET_CONFIG_TIMEOUT_MS,
      ...options,
    });
  }

  pushStatus(
    draft: Draft<GatewayStatusRequest>,
    options: RequestOptions,
  ): Promise<GatewayStatusResponse> {
    return this.#ask(AGENT_GATEWAY.pushStatus, draft, {
      timeoutMs: PUSH_STATUS_TIMEOUT_MS,
      ...options,
    });
  }

  /**
   * Sends chunks, each taken only once the network has the one before, and resolves with the answer, which may come
   * before the last chunk. A failure of `chunks` itself cancels the stream and is thrown as it is.
   */
  streamStatus(
    chunks: Outgoing<Draft<GatewayStatusChunk>>,
    options: RequestOptions,
  ): Promise<GatewayStatusResponse> {
    const { streamStatus: rpc } = AGENT_GATEWAY;
    return clientStreamRequest(this.#client, rpc, { drafts: chunks, ...this.#bounds(options) });
  }

  /**
   * Opens a control stream when its first message is asked for: sends what `requests` yields, yields what the gateway
   * sends, and ends when the gateway ends it. Leaving the loop cancels the stream.
   */
  controlStream(
    requests: Outgoing<Draft<ControlStreamRequest>>,
    options: RequestOptions,
  ): AsyncIterable<ControlStreamResponse> {
    const { controlStream: rpc } = AGENT_GATEWAY;
    return bidiRequest(this.#client, rpc, { drafts: requests, ...this.#bounds(options) });
  }

  /** Ends the connection; calls that are under way fail. */
  close(): void {
    this.#client.close();
  }

  #ask<Request, Response>(
    rpc: Rpc<Request, Response>,
    draft: Draft<Request>,
    options: RequestOptions,
  ): Promise<Response> {
    return unaryRequest(this.#client, rpc, { draft, ...this.#bounds(options) });
  }

  #bounds({ signal, timeoutMs = Number.POSITIVE_INFINITY }: RequestOptions): {
    signal: AbortSignal;
    deadline: number;
  } {
    return { signal, deadline: this.#clock.now() + timeoutMs };
  }
}

function channelOptions(limits: MessageLimits): Readonly<Record<string, number>> {
  return {
    "grpc.max_receive_message_length": limits.receiveBytesMax,
    "grpc.max_send_message_length": limits.sendBytesMax,
    "grpc.keepalive_time_ms": KEEPALIVE_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.initial_reconnect_backoff_ms": RECONNECT_BASE_MS,
    "grpc.max_reconnect_backoff_ms": RECONNECT_CAP_MS,
    "grpc-node.flow_control_window": FLOW_WINDOW_BYTES,
    // The agent alone decides what is sent again. grpc-js would also say of each message under 1 MiB that the network has it
    // while it only lay in the buffer for retries.
    "grpc.enable_retries": 0,
    "grpc.per_rpc_retry_buffer_size": 0,

    // Connections belong to this client, so that closing it closes them.
    "grpc.use_local_subchannel_pool": 1,
    // Nobody publishes a service config for a gateway; this saves a DNS query for a TXT record.
    "grpc.service_config_disable_resolution": 1,
    // A registry of every call for a debugging service that we do not offer.
    "grpc.enable_channelz": 0,
  };
}
