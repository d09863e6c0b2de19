/** The recording that `replay` plays: lines found by their place in the file, so that any order costs no memory. */
import { open, readFile, type FileHandle } from "node:fs/promises";

import type { ReplayLine } from "../dire/replay.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { invariant } from "../lib/invariant.ts";

/** Lines that are played together. */
export interface ReplayBatch {
  readonly start: number;
  readonly count: number;
  readonly instance: string | undefined;
}

/** Bytes of updates played together where no batches are given: an agent's chunk. */
const BATCH_BYTES = 3 * 1024 ** 2;
/** Bytes read of the file at a time. */
const READ_BYTES = 1024 ** 2;
const NEWLINE = 0x0a;

/** A file of one update a line. */
export class Recording implements AsyncDisposable {
  readonly #file: FileHandle;
  /** Where each line begins, and at the end where the last one ends. */
  readonly #starts: Float64Array;

  private constructor(file: FileHandle, starts: Float64Array) {
    this.#file = file;
    this.#starts = starts;
  }

  /** Opens a file and finds its lines; an empty last line is none. Throws ConfigError naming --in. */
  static async open(path: string): Promise<Recording> {
    const file = await open(path).catch((thrown: unknown) => {
      throw new ConfigError("--in", `${path} cannot be read: ${messageOf(thrown)}`);
    });
    return new Recording(file, await findLines(file));
  }

  get lines(): number {
    return this.#starts.length - 1;
  }

  /** The text of a line. */
  async line(i: number): Promise<string> {
    const [start, end] = [this.#starts[i], this.#starts[i + 1]];
    invariant(start !== undefined && end !== undefined, `line ${i} is one of the recording's`);
    const { buffer } = await this.#file.read(Buffer.alloc(end - start), 0, end - start, start);
    return buffer.toString("utf8").trimEnd();
  }

  /** Batches of about a chunk's size, in order. */
  batches(): ReplayBatch[] {
    const batches: ReplayBatch[] = [];
    let start = 0;
    for (let i = 1; i <= this.lines; i += 1) {
      const bytes = (this.#starts[i] ?? 0) - (this.#starts[start] ?? 0);
      if (bytes < BATCH_BYTES && i < this.lines) continue;
      batches.push({ start, count: i - start, instance: undefined });
      start = i;
    }
    return batches;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

async function findLines(file: FileHandle): Promise<Float64Array> {
  const starts = [0];
  const { size } = await file.stat();
  const part = Buffer.alloc(READ_BYTES);
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(part, 0, READ_BYTES, at);
    if (bytesRead === 0) break;
    for (let i = part.indexOf(NEWLINE); i >= 0 && i < bytesRead; i = part.indexOf(NEWLINE, i + 1)) {
      starts.push(at + i + 1);
    }
    at += bytesRead;
  }
  if (starts.at(-1) !== size) starts.push(size);
  return Float64Array.from(starts);
}

/** Reads batches.json: an array of {day, source, instance, start, count}. Throws ConfigError naming --batches. */
export async function readBatches(path: string, lines: number): Promise<ReplayBatch[]> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (thrown) {
    throw new ConfigError("--batches", `${path} cannot be read: ${messageOf(thrown)}`);
  }
  if (!Array.isArray(json)) throw new ConfigError("--batches", `${path} is not a JSON array`);
  return json.map((entry: unknown, n) => {
    const { start, count, instance } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    const isRange =
      Number.isSafeInteger(start) &&
      Number.isSafeInteger(count) &&
      Number(start) >= 0 &&
      Number(count) >= 0;
    if (!isRange || Number(start) + Number(count) > lines) {
      throw new ConfigError("--batches", `entry ${n} names lines that --in does not have`);
    }
    const name =
      typeof instance === "string" && instance.trim() !== "" ? instance.trim() : undefined;
    return { start: Number(start), count: Number(count), instance: name };
  });
}

/**
 * The lines of each batch. `order` says which line stands in each place (shuffled, or in the file's own order): every
 * line keeps its number and the instance of the batch that it was recorded in.
 */
export function* placed(
  batches: readonly ReplayBatch[],
  order: Int32Array | undefined,
): Generator<readonly Omit<ReplayLine, "text">[]> {
  const instanceOf = new Map<number, string>();
  for (const { start, count, instance } of batches) {
    if (instance === undefined || order === undefined) continue;
    for (let i = start; i < start + count; i += 1) instanceOf.set(i, instance);
  }
  for (const { start, count, instance } of batches) {
    yield Array.from({ length: count }, (_, n) => {
      const i = order?.[start + n] ?? start + n;
      return { i, instance: order === undefined ? instance : instanceOf.get(i) };
    });
  }
}
