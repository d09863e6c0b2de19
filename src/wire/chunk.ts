import { invariant } from "../lib/invariant.ts";
import {
  CHUNK_BYTES_MAX,
  ENVELOPE_BYTES_MAX,
  RECEIVE_BYTES_DEFAULT,
  RESULT_MESSAGE_BYTES_MAX,
  SYNC_META_BYTES_MAX,
} from "./limits.ts";

/** Device updates as one JSON array, the `message` of one GatewayStatusChunk once sync_meta is written into it. */
export interface Chunk {
  readonly json: string;
  readonly entries: number;
  /** Length of `json` in UTF-8. */
  readonly bytes: number;
}

/** "[" and "]" */
const BRACKETS_BYTES = 2;
/** "," */
const COMMA_BYTES = 1;

/**
 * Cuts a sequence of entries, given one by one as the JSON text of an object, into JSON arrays. In order; every entry ends
 * up in exactly one chunk or is counted as rejected. Room for sync_meta stays free in each. Holds at most one chunk.
 */
export class ChunkBuilder {
  readonly #chunkBytesMax: number;
  readonly #soleBytesMax: number;
  #entries: string[] = [];
  #bytes = BRACKETS_BYTES;
  #rejected = 0;

  /**
   * `chunkBytesMax` is the length of a whole message; an entry that would not fit gets a chunk of its own as long as that
   * fits `receiveBytesMax`, the gateway's limit for a gRPC message, and the results rule.
   */
  constructor(
    options: { readonly chunkBytesMax?: number; readonly receiveBytesMax?: number } = {},
  ) {
    const { chunkBytesMax = CHUNK_BYTES_MAX, receiveBytesMax = RECEIVE_BYTES_DEFAULT } = options;
    const messageBytesMax = Math.min(
      receiveBytesMax - ENVELOPE_BYTES_MAX,
      RESULT_MESSAGE_BYTES_MAX,
    );
    this.#soleBytesMax = messageBytesMax - SYNC_META_BYTES_MAX;
    this.#chunkBytesMax = Math.min(chunkBytesMax - SYNC_META_BYTES_MAX, this.#soleBytesMax);
  }

  /** How many entries were too large for any chunk so far. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Takes one entry and gives the chunks that it completed: none, one, or two where it needs its own. */
  add(entry: string): readonly Chunk[] {
    invariant(
      entry.startsWith("{") && entry.endsWith("}"),
      "an entry is the JSON text of an object",
    );
    const bytes = Buffer.byteLength(entry);
    if (bytes + BRACKETS_BYTES > this.#soleBytesMax) {
      this.#rejected += 1;
      return [];
    }
    const comma = this.#entries.length === 0 ? 0 : COMMA_BYTES;
    if (this.#bytes + comma + bytes <= this.#chunkBytesMax) {
      this.#keep(entry, comma + bytes);
      return [];
    }
    const full = this.finish();
    this.#keep(entry, bytes);
    const sole = this.#bytes > this.#chunkBytesMax ? this.finish() : undefined;
    return [full, sole].filter((chunk) => chunk !== undefined);
  }

  /** Gives what is left as the last chunk, or undefined if nothing is. The builder is then empty again. */
  finish(): Chunk | undefined {
    if (this.#entries.length === 0) return undefined;
    const chunk = {
      json: `[${this.#entries.join(",")}]`,
      entries: this.#entries.length,
      bytes: this.#bytes,
    };
    this.#entries = [];
    this.#bytes = BRACKETS_BYTES;
    return chunk;
  }

  #keep(entry: string, bytes: number): void {
    this.#entries.push(entry);
    this.#bytes += bytes;
  }
}
