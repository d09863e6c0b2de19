import { readFile } from "node:fs/promises";

import type { OnceResult } from "../agent/agent.ts";
import { runToBundle } from "../agent/bundle.ts";
import { currentSources } from "../agent/current-sources.ts";
import type { Telling } from "../agent/progress.ts";
import { systemClock } from "../lib/clock.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { parseJsonText } from "../lib/json-text.ts";
import type { Log } from "../lib/log.ts";
import { parseSyncPayload, type SyncPayload } from "../model/sync-payload.ts";
import { sourceOfType } from "../sources/catalog.ts";
import { sourcesWanted, type AgentHost } from "./agent-host.ts";

/** Where a bundle goes, and where its sources come from: a file, else the gateway, else what was kept. */
export interface BundleValues {
  readonly out: string;
  readonly sources: string | undefined;
}

/** Runs every source once into a file. */
export async function bundleOnce(
  { out, sources }: BundleValues,
  {
    host,
    log,
    draw,
    signal,
  }: {
    readonly host: AgentHost;
    readonly log: Log;
    readonly draw?: Telling["draw"];
    readonly signal: AbortSignal;
  },
): Promise<OnceResult> {
  const payload =
    sources === undefined
      ? (await currentSources(sourcesWanted(host, signal))).payload
      : await readSources(sources);
  return await runToBundle({
    path: out,
    payload,
    config: host.config,
    host: host.host,
    tls: host.credentials.current,
    sourceOfType,
    clock: systemClock,
    log,
    draw,
    signal,
  });
}

async function readSources(path: string): Promise<SyncPayload> {
  const text = await readFile(path, "utf8").catch((thrown: unknown) => {
    throw new ConfigError("--sources", `${path} cannot be read: ${messageOf(thrown)}`);
  });
  const parsed = parseJsonText(text);
  const payload = parsed.ok ? parseSyncPayload(parsed.value) : parsed;
  if (!payload.ok) throw new ConfigError("--sources", `${path}: ${payload.error}`);
  return payload.value;
}
