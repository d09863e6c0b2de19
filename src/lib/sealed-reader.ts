/** Reads sealed files (sealed-file.ts), twice: once to see that one is whole and who made it, once to open it. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createZstdDecompress } from "node:zlib";

import { messageOf, SyncError } from "./errors.ts";
import { parseJsonText } from "./json-text.ts";
import {
  FRAME_BYTES_MAX,
  FrameCipher,
  HEADER_BYTES_MAX,
  RECORD_BYTES_MAX,
  SEALED_MAGIC,
  SIGNATURE_BYTES_MAX,
  TAG_BYTES,
  type SealedRecord,
} from "./sealed-file.ts";

/** A file that is whole, as far as can be seen without opening it. */
export interface SealedEnvelope {
  readonly header: Readonly<Record<string, unknown>>;
  /** SHA-256 of all that is signed. */
  readonly digest: Buffer;
  readonly signature: Buffer;
}

/** Reads the file once. Throws SyncError "bundle" saying why it is none, or cut off. */
export async function readEnvelope(path: string): Promise<SealedEnvelope> {
  await using parts = new Parts(path);
  const digest = createHash("sha256");
  const header = await readHeader(parts, digest);
  for (;;) {
    const length = await parts.number(digest);
    if (length === 0) break;
    await parts.bytes(frameLength(length), digest);
  }
  const signature = await parts.bytes(
    bounded(await parts.number(), SIGNATURE_BYTES_MAX, "signature"),
  );
  if (!(await parts.isOver())) throw wrong("there is something behind its signature");
  return { header: header.json, digest: digest.digest(), signature };
}

/** The records of a file in their order. Throws SyncError "bundle" where the key is not the file's, or a byte was changed. */
export async function* readRecords(path: string, key: Buffer): AsyncGenerator<SealedRecord> {
  // Unlike pipe, it hands a failure of the one stream on to the other, where it is met by whoever reads.
  const stream = pipeline(Readable.from(plainPieces(path, key)), createZstdDecompress(), () => {});
  await using parts = new Parts(stream as AsyncIterable<Buffer>);
  while (!(await parts.isOver())) {
    const length = bounded(await parts.number(), RECORD_BYTES_MAX, "record");
    const [kind = 0] = await parts.bytes(1);
    yield { kind, bytes: await parts.bytes(length) };
  }
}

async function* plainPieces(path: string, key: Buffer): AsyncGenerator<Buffer> {
  await using parts = new Parts(path);
  const header = await readHeader(parts);
  const cipher = new FrameCipher(key, header.bytes);
  let length = frameLength(await parts.number());
  while (length > 0) {
    const sealed = await parts.bytes(length);
    const next = await parts.number();
    length = next === 0 ? 0 : frameLength(next);
    const plain = cipher.open(sealed, { isLast: length === 0 });
    if (plain === undefined) throw wrong("it was changed, or the key is not its own");
    yield plain;
  }
}

type Digest = ReturnType<typeof createHash>;

async function readHeader(
  parts: Parts,
  digest?: Digest,
): Promise<{ readonly json: Readonly<Record<string, unknown>>; readonly bytes: Buffer }> {
  const magic = await parts.bytes(SEALED_MAGIC.length, digest);
  if (!magic.equals(SEALED_MAGIC)) throw wrong("it does not begin as one");
  const length = bounded(await parts.number(digest), HEADER_BYTES_MAX, "header");
  const bytes = await parts.bytes(length, digest);
  const parsed = parseJsonText(bytes.toString("utf8"));
  if (!parsed.ok || typeof parsed.value !== "object" || parsed.value === null) {
    throw wrong("its header cannot be read");
  }
  return { json: parsed.value as Readonly<Record<string, unknown>>, bytes };
}

function frameLength(length: number): number {
  return bounded(length, FRAME_BYTES_MAX + TAG_BYTES, "frame");
}

function bounded(length: number, max: number, what: string): number {
  if (length <= max) return length;
  throw wrong(`it has a ${what} of ${length} bytes, more than any of ours`);
}

function wrong(why: string, cause?: unknown): SyncError {
  return new SyncError("bundle", `no bundle: ${why}`, { retry: "permanent", cause });
}

/** Takes a stream apart by lengths; holds one piece of it. */
class Parts implements AsyncDisposable {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: string | AsyncIterable<Buffer>) {
    const stream = typeof source === "string" ? createReadStream(source) : source;
    this.#pieces = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  async bytes(length: number, digest?: Digest): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.#rest.length === 0 && !(await this.#more())) throw wrong("it is cut off");
      const piece = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(piece.length);
      missing -= piece.length;
      pieces.push(piece);
    }
    const [first, second] = pieces;
    const whole = first !== undefined && second === undefined ? first : Buffer.concat(pieces);
    digest?.update(whole);
    return whole;
  }

  async number(digest?: Digest): Promise<number> {
    return (await this.bytes(4, digest)).readUInt32BE();
  }

  async isOver(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#more());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces.return?.();
  }

  async #more(): Promise<boolean> {
    try {
      for (;;) {
        const next = await this.#pieces.next();
        if (next.done === true) return false;
        this.#rest = next.value;
        if (this.#rest.length > 0) return true;
      }
    } catch (thrown) {
      if (thrown instanceof SyncError) throw thrown;
      throw wrong(messageOf(thrown), thrown);
    }
  }
}
