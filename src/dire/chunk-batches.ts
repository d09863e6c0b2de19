import { splitEntries } from "../inbox/entries.ts";
import { invariant } from "../lib/invariant.ts";
import { parseSyncMeta, type SyncMeta } from "../model/device-update.ts";
import type { Attribute } from "./attribution.ts";
import { addEntry, newBatch, readEntry, rejectEntry, type Batch } from "./batch.ts";

/** Entries of chunks by source instance; `strays` belong to none and are only counted. */
export interface Sorted {
  readonly byInstance: Map<string, Batch>;
  readonly strays: Batch;
  /** The source that chunks say they are of, right or wrong: where strays are counted if nothing else was. */
  claimed: string | undefined;
}

/** Nothing sorted yet. */
export function newSorted(): Sorted {
  return { byInstance: new Map(), strays: newBatch(), claimed: undefined };
}

/** A chunk's JSON array, and how its entries find their instance. */
export interface SortableChunk {
  readonly message: Uint8Array;
  readonly receivedMs: number;
  /** Given the sync_meta that the chunk's entries share. */
  readonly attribution: (chunkMeta: SyncMeta | undefined) => Attribute;
}

/** Sorts one chunk's entries and gives their count. The gateway checked the array's structure before it took the chunk in. */
export function sortChunk(
  sorted: Sorted,
  { message, receivedMs, attribution }: SortableChunk,
): number {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const text = bytes.toString("latin1");
  const entries = splitEntries(text);
  invariant(entries.ok, "a chunk in the inbox is a JSON array of objects");
  const [first] = entries.value;
  const meta = first === undefined ? undefined : metaOf(utf8(text.slice(first.start, first.end)));
  sorted.claimed ??= meta?.syncServiceId?.toLowerCase();
  const attribute = attribution(meta);
  for (const { start, end, content } of entries.value) {
    const entry = bytes.toString("utf8", start, end);
    const read = readEntry(entry, { attribute, receivedMs });
    if (read.ok) addEntry(batchOf(sorted, read.value.name.instance), read.value, utf8(content));
    else rejectEntry(rejecting(sorted, meta), read.error, entry);
  }
  return entries.value.length;
}

/** The sync_meta that a chunk's first entry carries. */
function metaOf(entry: string): SyncMeta | undefined {
  try {
    const json: unknown = JSON.parse(entry);
    const meta =
      typeof json === "object" && json !== null && "sync_meta" in json ? json.sync_meta : undefined;
    return parseSyncMeta(meta);
  } catch {
    return undefined;
  }
}

/** Entries were cut as latin1, one character a byte; their text is UTF-8. */
function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

function batchOf({ byInstance }: Sorted, instance: string): Batch {
  const known = byInstance.get(instance);
  if (known !== undefined) return known;
  const batch = newBatch();
  byInstance.set(instance, batch);
  return batch;
}

/** A rejected entry is counted with its chunk's source, where the chunk has one that anything else was accepted for. */
function rejecting({ byInstance, strays }: Sorted, meta: SyncMeta | undefined): Batch {
  return byInstance.get(meta?.syncServiceId?.toLowerCase() ?? "") ?? strays;
}
