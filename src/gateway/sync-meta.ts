import { parseSyncMeta } from "../model/device-update.ts";

/** The sync_meta in the JSON text of an entry. */
export function syncMetaOf(entry: string): ReturnType<typeof parseSyncMeta> {
  try {
    return parseSyncMeta((JSON.parse(entry) as { readonly sync_meta?: unknown }).sync_meta);
  } catch {
    // A malformed entry is counted when the chunk is worked; here it only has no numbering.
    return undefined;
  }
}
