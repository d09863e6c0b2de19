import { sha256Hex } from "../lib/hash.ts";
import type { SourceConfig } from "../model/sync-payload.ts";

/** What a source keeps through every edit: its id in the core, so that a new name disturbs nothing. */
export function sourceKey({ syncServiceId, name }: SourceConfig): string {
  return syncServiceId ?? `name:${name}`;
}

/**
 * A hash over everything that a run depends on, credentials included. Not the name, not the intervals, and not the gateway's
 * id, which is another one after a failover.
 */
export function sourceFingerprint(source: SourceConfig): string {
  const { name: _name, gatewayId: _gateway, credentials, ...rest } = source;
  const { pollIntervalMs: _poll, discoveryIntervalMs: _discovery, ...settings } = rest;
  const revealed = Object.entries(credentials).map(
    ([key, secret]) => [key, secret.reveal()] as const,
  );
  return sha256Hex(JSON.stringify([byName(Object.entries(settings)), byName(revealed)]));
}

function byName<Value>(entries: readonly (readonly [string, Value])[]): typeof entries {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
