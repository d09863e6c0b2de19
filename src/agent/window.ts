/**
 * Windows: a run goes out as several StreamStatus calls, because one call pins its number of chunks before the first is sent, and
 * an agent that knew that number would have to hold the whole inventory.
 */
import { sha256Hex } from "../lib/hash.ts";
import type { Chunk } from "../wire/chunk.ts";
import { writeSyncMeta } from "../wire/sync-meta.ts";

/** A chunk in its final bytes. They are sent again as they are, however often that takes. */
export interface SealedChunk {
  readonly message: Buffer;
  /** Of `message`, lower-case hex. */
  readonly sha256: string;
  readonly entries: number;
}

/** What one call carries. */
export interface Window {
  /** At least one. */
  readonly chunks: readonly SealedChunk[];
  readonly entries: number;
  /** Of all messages together. */
  readonly bytes: number;
}

/**
 * Chunks in one call: 6 MB at the usual size, some seconds of a slow uplink, and little to repeat after a failure. Four were no
 * faster over loopback, and held 27 MB more at the peak.
 */
export const WINDOW_CHUNKS_DEFAULT = 2;

/** What the numbering of a run needs. */
export interface RunNumbering {
  readonly runId: string;
  readonly serviceId?: string | undefined;
  readonly windowChunks: number;
  /** What the gateway has of it already, from an agent before this one. */
  readonly before?: { readonly chunks: number; readonly entries: number } | undefined;
}

/**
 * Numbers the chunks of one run and gathers them into windows. The newest chunk is held back, because only what comes after it
 * tells whether it is the last one, and that is written into it. Holds at most one window.
 */
export class WindowBuilder {
  readonly #run: RunNumbering;
  #newest: Chunk | undefined;
  #sealed: SealedChunk[] = [];
  #nextIndex: number;
  #entries: number;

  constructor(run: RunNumbering) {
    this.#run = run;
    this.#nextIndex = run.before?.chunks ?? 0;
    this.#entries = run.before?.entries ?? 0;
  }

  /** Bytes of the chunks that are held. */
  get heldBytes(): number {
    return bytesOf(this.#sealed) + (this.#newest?.bytes ?? 0);
  }

  /** Takes the next chunk, and gives the window that was complete before it. */
  add(chunk: Chunk): Window | undefined {
    if (this.#newest !== undefined) this.#seal(this.#newest, { isFinal: false });
    this.#newest = chunk;
    return this.#sealed.length < this.#run.windowChunks ? undefined : this.#take();
  }

  /**
   * Gives what is left; undefined where the run has no chunk. `isComplete`: the source was read to its end, so that the last
   * chunk says so; a run that broke off has no final chunk.
   */
  finish({ isComplete }: { readonly isComplete: boolean }): Window | undefined {
    if (this.#newest === undefined) return undefined;
    this.#seal(this.#newest, { isFinal: isComplete });
    this.#newest = undefined;
    return this.#take();
  }

  #seal(chunk: Chunk, { isFinal }: { readonly isFinal: boolean }): void {
    const { serviceId, runId } = this.#run;
    const chunkIndex = this.#nextIndex++;
    this.#entries += chunk.entries;
    const json = writeSyncMeta(chunk.json, {
      ...(serviceId === undefined ? {} : { syncServiceId: serviceId }),
      syncRunId: runId,
      chunkIndex,
      ...(isFinal ? { totalChunks: chunkIndex + 1, totalDevices: this.#entries } : {}),
      isFinal,
    });
    const message = Buffer.from(json);
    this.#sealed.push({ message, sha256: sha256Hex(message), entries: chunk.entries });
  }

  #take(): Window {
    const chunks = this.#sealed;
    this.#sealed = [];
    const entries = chunks.reduce((sum, chunk) => sum + chunk.entries, 0);
    return { chunks, entries, bytes: bytesOf(chunks) };
  }
}

function bytesOf(chunks: readonly SealedChunk[]): number {
  return chunks.reduce((sum, { message }) => sum + message.length, 0);
}
