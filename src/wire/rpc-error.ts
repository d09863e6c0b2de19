import { messageOf, SyncError, type Retry } from "../lib/errors.ts";
import { connectionFailure } from "./connection-failure.ts";

/** gRPC's status codes by name (grpc.io/docs/guides/status-codes), without OK. */
export const RPC_STATUS = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** One of RPC_STATUS. */
export type RpcStatus = keyof typeof RPC_STATUS;

/** Trailing metadata in which the gateway says after how many milliseconds a call may be tried again. */
export const RETRY_DELAY_KEY = "retry-delay-ms";
/** A longer delay than an hour is no back-off but an outage, and comes from a broken peer. */
const RETRY_DELAY_MAX_MS = 3_600_000;

/** What a server's handler throws to answer with a status; the caller sees the message as it stands. */
export class RpcFailure extends Error {
  readonly status: RpcStatus;
  /** Sent along as trailing metadata. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: RpcStatus,
    message: string,
    options?: { readonly retryAfterMs?: number; readonly cause?: unknown },
  ) {
    super(message, { cause: options?.cause });
    this.name = "RpcFailure";
    this.status = status;
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** What any gRPC library's error offers; nothing else of it is read. */
interface StatusLike {
  readonly code: number;
  readonly details: string;
  readonly metadata?: { get(key: string): readonly unknown[] };
}

const NAME_OF = new Map(Object.entries(RPC_STATUS).map(([name, code]) => [code as number, name]));

/** States of the server or of the way to it; the same call may succeed later. */
const TRANSIENT: ReadonlySet<string> = new Set<RpcStatus>([
  "CANCELLED",
  "UNKNOWN",
  "DEADLINE_EXCEEDED",
  "ABORTED",
  "INTERNAL",
  "UNAVAILABLE",
]);

/**
 * The SyncError of a failed call. `code` is the status in lower case ("permission_denied"), or that of
 * connectionFailure.
 */
export function syncErrorOf(thrown: unknown, rpcName: string): SyncError {
  if (thrown instanceof SyncError) return thrown;
  if (!isStatus(thrown)) {
    const message = `${rpcName}: ${messageOf(thrown)}`;
    return new SyncError("unknown", message, { retry: "transient", cause: thrown });
  }
  const status = NAME_OF.get(thrown.code) ?? "UNKNOWN";
  const connection = connectionFailure(thrown.details);
  const text = connection?.text ?? (thrown.details || status);
  return new SyncError(connection?.code ?? status.toLowerCase(), `${rpcName}: ${text}`, {
    // No cause: the status text is all that there is to say, and would be said twice.
    retry: retryKind(status, thrown),
  });
}

function isStatus(thrown: unknown): thrown is StatusLike {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { code, details } = thrown as Partial<StatusLike>;
  return typeof code === "number" && typeof details === "string";
}

/** Without a stated delay an exhausted resource is a size: the same bytes would be refused for ever. */
function retryKind(status: string, failure: StatusLike): Retry {
  const afterMs = retryDelayMs(failure);
  if (afterMs !== undefined && (status === "RESOURCE_EXHAUSTED" || status === "UNAVAILABLE")) {
    return { afterMs };
  }
  return TRANSIENT.has(status) ? "transient" : "permanent";
}

function retryDelayMs(failure: StatusLike): number | undefined {
  const [text] = failure.metadata?.get(RETRY_DELAY_KEY) ?? [];
  if (typeof text !== "string" || !/^\d{1,9}$/.test(text)) return undefined;
  return Math.min(Number(text), RETRY_DELAY_MAX_MS);
}
