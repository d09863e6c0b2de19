import { ChunkBuilder, type Chunk } from "../wire/chunk.ts";
import type { Position } from "./checkpoint.ts";
import { Trail } from "./trail.ts";
import { WindowBuilder, type RunNumbering, type Window } from "./window.ts";

/** What an outbox is made of. */
export interface OutboxOptions {
  readonly run: Omit<RunNumbering, "before">;
  /** What the gateway has already of a run that was taken up, and up to where. */
  readonly before?: (Delivered & { readonly position: Position }) | undefined;
  readonly chunkBytesMax: number;
  /** What the gateway takes as one message. */
  readonly receiveBytesMax: number;
  /** Resolves once the gateway has the window. */
  readonly deliver: (window: Window) => Promise<void>;
  /** Told where in the source the last chunk of a delivered window ends. */
  readonly onDelivered?: (position: Position, delivered: Delivered) => Promise<void>;
  /** Told how many bytes are held whenever that changes much. */
  readonly onHeld: (bytes: number) => void;
}

/** What the gateway has. */
export interface Delivered {
  /** SHA-256 of each chunk's message, in run-wide order. */
  readonly chunks: readonly string[];
  readonly entries: number;
}

/**
 * Turns entries into windows and has them delivered, one at a time. While one is on its way the next is filled; when that is full
 * too, whoever adds has to wait. So memory holds two windows and no more, however long the gateway is away.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #chunks: ChunkBuilder;
  readonly #windows: WindowBuilder;
  readonly #broken = new AbortController();
  readonly #delivered: { chunks: string[]; entries: number };
  readonly #trail: Trail;
  #partialBytes = 0;
  #inFlight: { readonly bytes: number; readonly done: Promise<void> } | undefined;

  constructor(options: OutboxOptions) {
    const { chunkBytesMax, receiveBytesMax } = options;
    this.#options = options;
    this.#chunks = new ChunkBuilder({ chunkBytesMax, receiveBytesMax });
    const { chunks = [], entries = 0, position } = options.before ?? {};
    this.#windows = new WindowBuilder({
      ...options.run,
      before: { chunks: chunks.length, entries },
    });
    this.#delivered = { chunks: [...chunks], entries };
    this.#trail = new Trail(position);
  }

  /** Aborts, with the reason, when a window was refused for good. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  get delivered(): Delivered {
    return this.#delivered;
  }

  /** Entries that fit into no chunk. */
  get rejected(): number {
    return this.#chunks.rejected;
  }

  /** Whether a window is on its way. */
  get isSending(): boolean {
    return this.#inFlight !== undefined;
  }

  /** Takes one entry; undefined where nothing has to be waited for, which is nearly always. */
  add(entry: string): Promise<void> | undefined {
    const { rejected } = this.#chunks;
    const chunks = this.#chunks.add(entry);
    if (this.#chunks.rejected > rejected) return undefined;
    this.#trail.add(entry, chunks);
    this.#partialBytes = chunks.length === 0 ? this.#partialBytes + entry.length : entry.length;
    return chunks.length === 0 ? undefined : this.#addChunks(chunks);
  }

  /** Passes over entries of a run that was taken up: the gateway has them. */
  pass(entries: readonly string[]): void {
    this.#trail.pass(entries);
  }

  /** Every entry of a page was added or passed over. */
  endPage(page: Omit<Position, "behind">): void {
    this.#trail.endPage(page);
  }

  /** Sends what is left and waits until the gateway has it; `isComplete` if the source was read to its end. */
  async finish(end: { readonly isComplete: boolean }): Promise<void> {
    const last = this.#chunks.finish();
    this.#partialBytes = 0;
    if (last !== undefined) {
      this.#trail.cut();
      await this.#addChunks([last]);
    }
    const window = this.#windows.finish(end);
    if (window !== undefined) await this.#push(window);
    await this.settle();
  }

  /** Waits for the window on its way. Throws why it, or one before, was refused. */
  async settle(): Promise<void> {
    await this.#inFlight?.done;
    this.#broken.signal.throwIfAborted();
  }

  async #addChunks(chunks: readonly Chunk[]): Promise<void> {
    for (const chunk of chunks) {
      const window = this.#windows.add(chunk);
      this.#tellHeld();
      if (window !== undefined) await this.#push(window);
    }
  }

  async #push(window: Window): Promise<void> {
    this.#tellHeld(window.bytes);
    await this.settle();
    this.#inFlight = { bytes: window.bytes, done: this.#deliver(window) };
    this.#tellHeld();
  }

  /** Never rejects: a refusal is kept, and met by whoever comes next. */
  async #deliver(window: Window): Promise<void> {
    try {
      await this.#options.deliver(window);
      for (const { sha256 } of window.chunks) this.#delivered.chunks.push(sha256);
      this.#delivered.entries += window.entries;
      const position = this.#trail.delivered(window.chunks.length);
      await this.#options.onDelivered?.(position, this.#delivered);
    } catch (thrown) {
      this.#broken.abort(thrown);
    } finally {
      this.#inFlight = undefined;
      this.#tellHeld();
    }
  }

  #tellHeld(waitingBytes = 0): void {
    const moving = this.#inFlight?.bytes ?? 0;
    const filling = this.#windows.heldBytes + this.#partialBytes;
    this.#options.onHeld(moving + waitingBytes + filling);
  }
}
