import { codec, type Codec } from "./codec.ts";
import type {
  AgentConfigRequest,
  AgentConfigResponse,
  AgentHelloRequest,
  AgentHelloResponse,
  ControlStreamRequest,
  ControlStreamResponse,
  GatewayStatusChunk,
  GatewayStatusRequest,
  GatewayStatusResponse,
} from "./messages.ts";

/** One RPC: where it is, and how its messages are written and read. */
export interface Rpc<Request, Response> {
  readonly path: string;
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
}

function rpc<Request, Response>(
  name: string,
  request: Codec<Request>,
  response: Codec<Response>,
): Rpc<Request, Response> {
  return { path: `/monitoring.AgentGatewayService/${name}`, request, response };
}

const statusResponse = codec<GatewayStatusResponse>("GatewayStatusResponse");

/** The RPCs of monitoring.AgentGatewayService. Written out, since a loader would read a .proto from a disk that a single executable lacks. */
export const AGENT_GATEWAY = {
  hello: rpc(
    "Hello",
    codec<AgentHelloRequest>("AgentHelloRequest"),
    codec<AgentHelloResponse>("AgentHelloResponse"),
  ),
  getConfig: rpc(
    "GetConfig",
    codec<AgentConfigRequest>("AgentConfigRequest"),
    codec<AgentConfigResponse>("AgentConfigResponse"),
  ),
  pushStatus: rpc(
    "PushStatus",
    codec<GatewayStatusRequest>("GatewayStatusRequest"),
    statusResponse,
  ),
  streamStatus: rpc(
    "StreamStatus",
    codec<GatewayStatusChunk>("GatewayStatusChunk"),
    statusResponse,
  ),
  controlStream: rpc(
    "ControlStream",
    codec<ControlStreamRequest>("ControlStreamRequest"),
    codec<ControlStreamResponse>("ControlStreamResponse"),
  ),
} as const;
