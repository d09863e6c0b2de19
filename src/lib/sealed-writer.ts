import { createHash, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { createZstdCompress, type ZstdCompress } from "node:zlib";

import { randomHex } from "./clock.ts";
import { messageOf, SyncError } from "./errors.ts";
import {
  exchangeKeyId,
  FRAME_BYTES_MAX,
  FrameCipher,
  newContentKey,
  publicKeyText,
  SEALED_MAGIC,
  signedBytes,
} from "./sealed-file.ts";

/** What a sealed file is made with. */
export interface SealedWriterOptions {
  readonly path: string;
  /** Told in clear, and signed with the rest. */
  readonly header: Readonly<Record<string, unknown>>;
  /** The reader's public key. */
  readonly reader: KeyObject;
  /** Signs what signedBytes gives. */
  readonly sign: (bytes: Buffer) => Buffer;
}

/** Writes a sealed file, record by record; what it holds in memory does not grow with them. */
export class SealedWriter {
  readonly #options: SealedWriterOptions;
  readonly #file: FileHandle;
  readonly #draft: string;
  readonly #digest = createHash("sha256");
  readonly #compress: ZstdCompress = createZstdCompress();
  readonly #cipher: FrameCipher;
  readonly #piped: Promise<void>;
  #adding: Promise<void> = Promise.resolve();

  private constructor(
    options: SealedWriterOptions,
    { file, draft, key, header }: { file: FileHandle; draft: string; key: Buffer; header: Buffer },
  ) {
    this.#options = options;
    this.#file = file;
    this.#draft = draft;
    this.#cipher = new FrameCipher(key, header);
    this.#piped = this.#pipe(header);
    // Whoever adds next meets the failure; the stream's own word for it says nothing more.
    this.#compress.on("error", () => undefined);
    this.#piped.catch(() => this.#compress.destroy());
  }

  /** Begins a file, under another name until it is whole. Throws SyncError "disk". */
  static async create(options: SealedWriterOptions): Promise<SealedWriter> {
    const { key, ephemeral } = newContentKey(options.reader);
    const reader_key = exchangeKeyId(publicKeyText(options.reader));
    const header = Buffer.from(JSON.stringify({ ...options.header, reader_key, ephemeral }));
    const draft = `${options.path}.${randomHex(4)}.tmp`;
    const file = await open(draft, "wx", 0o600).catch((thrown: unknown) => {
      throw disk(options.path, thrown);
    });
    return new SealedWriter(options, { file, draft, key, header });
  }

  /** Adds a record; several callers take turns. Resolves once there is room for the next. Throws SyncError "disk". */
  async add(kind: number, bytes: Uint8Array): Promise<void> {
    this.#adding = this.#addAfter(this.#adding, kind, bytes);
    await this.#adding;
  }

  /** Ends and signs the file and puts it in its place. */
  async finish(): Promise<void> {
    try {
      await this.#adding;
      this.#compress.end();
      await this.#piped;
      const signature = this.#options.sign(signedBytes(this.#digest.digest()));
      await this.#file.writeFile(Buffer.concat([u32(signature.length), signature]));
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#draft, this.#options.path);
    } catch (thrown) {
      await this.abandon();
      throw thrown instanceof SyncError ? thrown : disk(this.#options.path, thrown);
    }
  }

  /** Leaves no file behind. */
  async abandon(): Promise<void> {
    this.#compress.destroy();
    await this.#piped.catch(() => undefined);
    await this.#file.close().catch(() => undefined);
    await rm(this.#draft, { force: true });
  }

  async #addAfter(before: Promise<void>, kind: number, bytes: Uint8Array): Promise<void> {
    await before;
    const head = Buffer.concat([u32(bytes.length), Buffer.of(kind)]);
    this.#compress.write(head);
    if (this.#compress.write(bytes)) return;
    // A stream that was destroyed never drains, but then the pipe has failed.
    const drained = new AbortController();
    const { signal } = drained;
    try {
      await Promise.race([once(this.#compress, "drain", { signal }), this.#piped]);
    } finally {
      drained.abort();
    }
  }

  /** Header, then frames as the compressor gives them; one piece is held back, because the last one is sealed as such. */
  async #pipe(header: Buffer): Promise<void> {
    try {
      await this.#write(Buffer.concat([SEALED_MAGIC, u32(header.length), header]));
      let held = Buffer.alloc(0);
      for await (const piece of framesOf(this.#compress)) {
        if (held.length > 0) await this.#writeFrame(held, false);
        held = piece;
      }
      await this.#writeFrame(held, true);
      await this.#write(u32(0));
    } catch (thrown) {
      throw disk(this.#options.path, thrown);
    }
  }

  async #writeFrame(plain: Buffer, isLast: boolean): Promise<void> {
    const sealed = this.#cipher.seal(plain, { isLast });
    await this.#write(Buffer.concat([u32(sealed.length), sealed]));
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#digest.update(bytes);
    await this.#file.writeFile(bytes);
  }
}

/** A stream in pieces that fit a frame, none of them empty. */
async function* framesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer<ArrayBuffer>> {
  for await (const piece of stream) {
    for (let at = 0; at < piece.length; at += FRAME_BYTES_MAX) {
      yield Buffer.from(piece.subarray(at, at + FRAME_BYTES_MAX));
    }
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function disk(path: string, thrown: unknown): SyncError {
  return new SyncError("disk", `${path} cannot be written: ${messageOf(thrown)}`, {
    retry: "transient",
    cause: thrown,
  });
}
