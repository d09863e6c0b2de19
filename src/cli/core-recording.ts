/** Recorded chunks as files: JSON arrays of device updates, as an agent sends them. */
import { readFile } from "node:fs/promises";

import { splitEntries } from "../inbox/entries.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";

/** Bytes of updates in one request: what agents put into a chunk. */
const PIECE_BYTES = 3_000_000;

/** A file's updates in pieces that a request takes, each a JSON array. Throws ConfigError naming the file. */
export async function readRecording(file: string): Promise<readonly string[]> {
  const bytes = await readFile(file).catch((thrown: unknown) => {
    throw new ConfigError(file, `cannot be read: ${messageOf(thrown)}`);
  });
  const entries = splitEntries(bytes);
  if (!entries.ok) throw new ConfigError(file, entries.error);
  const pieces: string[] = [];
  let from = 0;
  for (const [i, { start, end }] of entries.value.entries()) {
    const next = entries.value[i + 1];
    if (i === 0) from = start;
    if (next !== undefined && next.end - from <= PIECE_BYTES) continue;
    pieces.push(`[${bytes.toString("utf8", from, end)}]`);
    from = next?.start ?? end;
  }
  return pieces;
}
