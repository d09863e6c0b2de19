/** The rules of a gateway that forgives nothing (protocol facts 1.1), and what our own agent promises beyond them. */
import { createHash } from "node:crypto";

import type { GatewayServiceStatus, GatewayStatusChunk } from "../../src/wire/messages.ts";
import { RpcFailure } from "../../src/wire/rpc-error.ts";

const MIB = 1024 ** 2;

/** The numbering of one call, from outside: throws what the original answers. */
export class CallOrder {
  #next = 0;
  #total = 0;
  #agentId = "";
  #services = 0;
  isFinal = false;

  take(chunk: GatewayStatusChunk, certifiedId: string): void {
    this.#checkSender(chunk, certifiedId);
    this.#services += chunk.services.length;
    if (this.#services > 5_000) {
      throw new RpcFailure(
        "RESOURCE_EXHAUSTED",
        "too many service statuses in one stream (max: 5000)",
      );
    }
    const { chunkIndex: index, totalChunks: total, isFinal } = chunk;
    if (total <= 0) invalid("total_chunks must be > 0");
    if (this.#next > 0 && total !== this.#total) invalid("total_chunks changed mid-stream");
    if (index < 0 || index >= total) invalid("invalid chunk_index");
    if (index !== this.#next) invalid("unexpected chunk_index");
    if (isFinal && index !== total - 1) invalid("final chunk_index does not match total_chunks");
    this.#total = total;
    this.#next += 1;
    this.isFinal = isFinal;
  }

  #checkSender({ agentId }: GatewayStatusChunk, certifiedId: string): void {
    if (agentId.trim() === "") invalid("agent_id is required");
    if (this.#agentId !== "" && agentId !== this.#agentId) invalid("agent_id changed mid-stream");
    if (agentId !== certifiedId) {
      throw new RpcFailure("PERMISSION_DENIED", "component_id mismatch");
    }
    this.#agentId = agentId;
  }
}

/** Refuses a service that breaks a rule of its fields, where the original would drop it without a word. */
export function checkService({
  serviceName,
  serviceType,
  source,
  message,
}: GatewayServiceStatus): void {
  const isLine = (text: string, max: number): boolean =>
    Buffer.byteLength(text) <= max && !/[\n\r\t]/.test(text);
  if (serviceName.trim() === "" || !isLine(serviceName, 255)) invalid("service_name is wrong");
  if (!isLine(serviceType, 64) || !isLine(source, 64)) invalid("service_type or source is wrong");
  const max = source === "results" ? 15 * MIB : 4_096;
  if (message.length > max) invalid(`message is longer than ${max} bytes`);
}

/** An entry of a chunk, as JSON has it. */
export type Entry = Readonly<Record<string, unknown>> & { readonly sync_meta?: Meta };

/** A sync_meta, as JSON has it. */
interface Meta {
  readonly sync_service_id?: string;
  readonly sync_run_id: string;
  readonly chunk_index: number;
  readonly total_chunks?: number;
  readonly total_devices?: number;
  readonly is_final: boolean;
}

/** One message of device updates, read. */
export interface ReadMessage {
  readonly entries: readonly Entry[];
  readonly meta: Meta;
  readonly sha256: string;
  readonly bytes: number;
}

/** Reads a message as our agent promises it: at most 3 MiB, never empty, sync_meta on the first entry alone. */
export function readMessage(message: Buffer): ReadMessage {
  if (message.length > 3 * MIB) invalid("chunk is larger than 3 MiB");
  const entries = JSON.parse(message.toString("utf8")) as readonly Entry[];
  const [first, ...others] = entries;
  const meta = first?.sync_meta;
  if (meta === undefined) invalid("the first entry has no sync_meta");
  if (others.some((entry) => "sync_meta" in entry)) invalid("sync_meta on more than one entry");
  const sha256 = createHash("sha256").update(message).digest("hex");
  return { entries, meta, sha256, bytes: message.length };
}

function invalid(message: string): never {
  throw new RpcFailure("INVALID_ARGUMENT", message);
}
