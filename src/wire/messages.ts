/**
 * The messages of proto/monitoring.proto as TypeScript sees them once decoded: every scalar is there, absent ones
 * with proto3's default ("" or 0 or false or no bytes). `tenantId` and `tenantSlug` come from older peers only and are claims.
 * 64-bit numbers are plain numbers: beyond 2^53, as in Unix nanoseconds, the last digits are lost.
 */

/** An agent's introduction. */
export interface AgentHelloRequest {
  readonly agentId: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly hostname: string;
  readonly os: string;
  readonly arch: string;
  readonly partition: string;
  /** Empty: the agent has no configuration yet. */
  readonly configVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly configSource: string;
}

/** The gateway's answer to a hello. */
export interface AgentHelloResponse {
  readonly accepted: boolean;
  readonly agentId: string;
  readonly message: string;
  readonly gatewayId: string;
  /** Unix seconds. */
  readonly serverTime: number;
  readonly heartbeatIntervalSec: number;
  readonly configOutdated: boolean;
  readonly tenantId: string;
  readonly tenantSlug: string;
}

/** An agent's request for its configuration. */
export interface AgentConfigRequest {
  readonly agentId: string;
  readonly configVersion: string;
}

/** The configuration, or the news that the version asked with is current. */
export interface AgentConfigResponse {
  readonly notModified: boolean;
  /** Opaque: compared, never read. */
  readonly configVersion: string;
  /** Unix seconds. */
  readonly configTimestamp: number;
  readonly heartbeatIntervalSec: number;
  readonly configPollIntervalSec: number;
  readonly checks: readonly AgentCheckConfig[];
  /** JSON object. */
  readonly configJson: Buffer;
}

/** A check that an original agent runs; ours has none. */
interface AgentCheckConfig {
  readonly checkId: string;
  readonly checkType: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly intervalSec: number;
  readonly timeoutSec: number;
  readonly target: string;
  readonly port: number;
  readonly path: string;
  readonly method: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Who sends a status, and from which host. */
interface StatusHeader {
  readonly gatewayId: string;
  readonly agentId: string;
  /** Unix seconds in chunks, Unix nanoseconds in an original agent's PushStatus: never an event time. */
  readonly timestamp: number;
  readonly partition: string;
  readonly sourceIp: string;
  readonly kvStoreId: string;
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly configSource: string;
  readonly version: string;
  readonly hostname: string;
  readonly os: string;
  readonly arch: string;
}

/** The states of an agent's services, in one message. */
export interface GatewayStatusRequest extends StatusHeader {
  readonly services: readonly GatewayServiceStatus[];
}

/** True once everything sent is durable. */
export interface GatewayStatusResponse {
  readonly received: boolean;
}

/** One of several numbered parts of a stream. */
export interface GatewayStatusChunk extends StatusHeader {
  readonly services: readonly GatewayServiceStatus[];
  readonly isFinal: boolean;
  /** From 0, in steps of 1. */
  readonly chunkIndex: number;
  /** The same in every chunk of a stream, at least 1. */
  readonly totalChunks: number;
}

/** The state or the results of one service. */
export interface GatewayServiceStatus {
  readonly serviceName: string;
  readonly available: boolean;
  /** A view into the received gRPC message, not a copy: keeping it keeps that message in memory. */
  readonly message: Buffer;
  readonly serviceType: string;
  readonly responseTime: number;
  readonly agentId: string;
  readonly gatewayId: string;
  readonly partition: string;
  readonly source: string;
  readonly kvStoreId: string;
  readonly tenantId: string;
  readonly tenantSlug: string;
}

/** What an agent says on the control stream: at most one member is set, none if a newer peer sent a kind unknown here. */
export interface ControlStreamRequest {
  readonly hello?: ControlStreamHello;
  readonly commandAck?: CommandAck;
  readonly commandProgress?: CommandProgress;
  readonly commandResult?: CommandResult;
  readonly configAck?: ConfigAck;
}

/** What the gateway says on the control stream: at most one member is set. */
export interface ControlStreamResponse {
  readonly command?: CommandRequest;
  readonly config?: AgentConfigResponse;
}

/** Opens a control stream. */
export type ControlStreamHello = AgentHelloRequest;

/** A command for an agent. */
export interface CommandRequest {
  /** UUID. */
  readonly commandId: string;
  readonly commandType: string;
  readonly payloadJson: Buffer;
  /** Seconds after createdAt at which it is no longer worth running. */
  readonly ttlSeconds: number;
  /** Unix seconds. */
  readonly createdAt: number;
}

/** An agent has taken a command. */
interface CommandAck {
  readonly commandId: string;
  readonly commandType: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly message: string;
}

/** How far a command is. */
interface CommandProgress {
  readonly commandId: string;
  readonly commandType: string;
  readonly progressPercent: number;
  readonly message: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly payloadJson: Buffer;
}

/** How a command ended. */
export interface CommandResult {
  readonly commandId: string;
  readonly commandType: string;
  readonly success: boolean;
  readonly message: string;
  readonly payloadJson: Buffer;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** An agent has applied a configuration that came over the control stream. */
interface ConfigAck {
  readonly configVersion: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

/**
 * A message to be sent: what is left out goes out as its default, which in proto3 means not at all. Bytes may be any
 * Uint8Array.
 */
export type Draft<Message> = { readonly [Field in keyof Message]?: DraftField<Message[Field]> };

type DraftField<Field> = Field extends Buffer
  ? Uint8Array
  : Field extends readonly (infer Item extends object)[]
    ? readonly Draft<Item>[]
    : Field extends Readonly<Record<string, string>> | readonly string[]
      ? Field
      : Field extends object
        ? Draft<Field>
        : Field;
