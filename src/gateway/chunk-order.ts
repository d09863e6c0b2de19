/** The original gateway's rules for the numbering of one StreamStatus call (protocol facts 1.1). Pure. */
import { err, ok, type Result } from "../lib/result.ts";
import { SERVICES_MAX } from "../wire/limits.ts";
import type { GatewayStatusChunk } from "../wire/messages.ts";

/** What a stream has sent so far. */
export interface StreamOrder {
  readonly nextIndex: number;
  readonly totalChunks: number;
  readonly services: number;
  readonly isFinal: boolean;
}

/** Before the first chunk. */
export const STREAM_START: StreamOrder = {
  nextIndex: 0,
  totalChunks: 0,
  services: 0,
  isFinal: false,
};

/** Why a stream breaks the rules; `status` as the original answers it. */
export interface OrderFault {
  readonly status: "INVALID_ARGUMENT" | "RESOURCE_EXHAUSTED";
  readonly message: string;
}

type Header = Pick<GatewayStatusChunk, "chunkIndex" | "totalChunks" | "isFinal"> & {
  readonly services: readonly unknown[];
};

/** Takes the next chunk's header. */
export function nextChunk(order: StreamOrder, chunk: Header): Result<StreamOrder, OrderFault> {
  const { chunkIndex, totalChunks, isFinal } = chunk;
  const services = order.services + chunk.services.length;
  if (services > SERVICES_MAX) {
    return err({
      status: "RESOURCE_EXHAUSTED",
      message: `too many service statuses in one stream (max: ${SERVICES_MAX})`,
    });
  }
  const wrong = numberingFault(order, chunk);
  if (wrong !== undefined) return err({ status: "INVALID_ARGUMENT", message: wrong });
  return ok({ nextIndex: chunkIndex + 1, totalChunks, services, isFinal });
}

function numberingFault(
  { nextIndex, totalChunks: pinned }: StreamOrder,
  chunk: Header,
): string | undefined {
  const { chunkIndex, totalChunks, isFinal } = chunk;
  if (totalChunks <= 0) return "total_chunks must be > 0";
  if (nextIndex > 0 && totalChunks !== pinned) return "total_chunks changed mid-stream";
  if (chunkIndex < 0 || chunkIndex >= totalChunks) return "invalid chunk_index";
  if (chunkIndex !== nextIndex) return "unexpected chunk_index";
  if (isFinal && chunkIndex !== totalChunks - 1) {
    return "final chunk_index does not match total_chunks";
  }
  return undefined;
}
