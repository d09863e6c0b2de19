import { invariant } from "../lib/invariant.ts";
import { parseSyncMeta, type SyncMeta } from "../model/device-update.ts";

/** A sync_meta as it stands in JSON. */
type WireSyncMeta = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The chunk with sync_meta as the first member of its first entry, where every peer looks for it; the other entries go
 * without, which saves a fifth of the bytes (protocol 3.3). The entry must not have one yet. No entry is parsed.
 */
export function writeSyncMeta(chunkJson: string, meta: SyncMeta): string {
  invariant(chunkJson.startsWith("[{"), "a chunk that is sent begins with an object");
  const separator = chunkJson.startsWith("[{}") ? "" : ",";
  const member = `"sync_meta":${JSON.stringify(toWireSyncMeta(meta))}`;
  return `[{${member}${separator}${chunkJson.slice(2)}`;
}

/** A sync_meta with its names in JSON; what is absent stays undefined, so JSON.stringify leaves it out. */
export function toWireSyncMeta(meta: SyncMeta): WireSyncMeta {
  return {
    sync_service_id: meta.syncServiceId,
    sync_run_id: meta.syncRunId,
    chunk_index: meta.chunkIndex,
    total_chunks: meta.totalChunks,
    total_devices: meta.totalDevices,
    is_final: meta.isFinal,
  };
}

/** The first sync_meta that says anything, of a chunk's entries as JSON.parse gives them; undefined if none does. */
export function firstSyncMeta(entries: readonly unknown[]): SyncMeta | undefined {
  for (const entry of entries) {
    const meta = parseSyncMeta((entry as { readonly sync_meta?: unknown } | null)?.sync_meta);
    if (meta !== undefined) return meta;
  }
  return undefined;
}
