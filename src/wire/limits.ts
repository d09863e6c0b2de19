import { envBytes, type Environment } from "../lib/env.ts";

const MIB = 1024 ** 2;

/** Bytes of one message that a receiver takes unless told otherwise: gRPC's own default, sync-runtime.md "gRPC Size Limits". */
export const RECEIVE_BYTES_DEFAULT = 4 * MIB;
/** Bytes of one message that a sender lets out unless told otherwise: sync-runtime.md, same section. */
const SEND_BYTES_DEFAULT = 4 * MIB;

/** Longest `message` of a service whose source carries results, in bytes: the original gateway's rule, protocol 1.1. */
export const RESULT_MESSAGE_BYTES_MAX = 15 * MIB;
/** Longest `message` of any other service, in bytes; the original cuts it there, protocol 1.1. */
export const STATUS_MESSAGE_BYTES_MAX = 4_096;
/** Sources whose messages may reach RESULT_MESSAGE_BYTES_MAX, protocol 1.1. */
export const RESULT_SOURCES: ReadonlySet<string> = new Set([
  "results",
  "sysmon-metrics",
  "snmp-metrics",
  "plugin-result",
]);

/** Most services in one PushStatus, and in all chunks of one StreamStatus together, protocol 1.1. */
export const SERVICES_MAX = 5_000;
/** Longest service_name in UTF-8 bytes, protocol 1.1. */
export const SERVICE_NAME_BYTES_MAX = 255;
/** Longest service_type and source in UTF-8 bytes, protocol 1.1. */
export const SERVICE_WORD_BYTES_MAX = 64;

/** Largest JSON array of device updates that our agent sends as one chunk, brackets and commas included: sync-runtime.md, "roughly 3MB". */
export const CHUNK_BYTES_MAX = 3 * MIB;
/** Smallest chunk size that may be configured: the floor of the original agent, protocol 2.3. Below it the envelope costs more than it carries. */
export const CHUNK_BYTES_MIN = 65_536;
/**
 * Bytes kept free in a chunk for the sync_meta that its first entry gets last: two UUIDs, three counts of up to
 * 16 digits, a flag and the member names come to 255; the rest is for a sync_service_id that is no UUID.
 */
export const SYNC_META_BYTES_MAX = 512;
/**
 * Bytes of a GatewayStatusChunk around its `message`: ids of up to 128 bytes and host names of up to 255, each
 * at most twice, stay under 3,000.
 */
export const ENVELOPE_BYTES_MAX = 4_096;

/** Sizes in bytes that one end of a connection enforces on single messages. */
export interface MessageLimits {
  readonly receiveBytesMax: number;
  readonly sendBytesMax: number;
}

/** What holds when neither variable is set. */
export const MESSAGE_LIMITS_DEFAULT: MessageLimits = {
  receiveBytesMax: RECEIVE_BYTES_DEFAULT,
  sendBytesMax: SEND_BYTES_DEFAULT,
};

/** Beyond the results rule and its envelope a larger message could only be refused one step later. */
const BOUNDS = { min: CHUNK_BYTES_MIN, max: RESULT_MESSAGE_BYTES_MAX + ENVELOPE_BYTES_MAX };

/**
 * The limits that GRPC_MAX_RECV_MSG_SIZE and GRPC_MAX_SEND_MSG_SIZE ask for (bytes, or "8MB"), from 64 KiB to 15 MiB
 * and an envelope. Throws ConfigError naming the variable.
 */
export function messageLimits(env: Environment): MessageLimits {
  return {
    receiveBytesMax: envBytes(env, "GRPC_MAX_RECV_MSG_SIZE", {
      ...BOUNDS,
      fallback: RECEIVE_BYTES_DEFAULT,
    }),
    sendBytesMax: envBytes(env, "GRPC_MAX_SEND_MSG_SIZE", {
      ...BOUNDS,
      fallback: SEND_BYTES_DEFAULT,
    }),
  };
}
