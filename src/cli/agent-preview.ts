import { currentSources } from "../agent/current-sources.ts";
import { shownDevice } from "../agent/source-tests.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { SyncError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { createLog } from "../lib/log.ts";
import type { Result } from "../lib/result.ts";
import type { SourceConfig, SyncPayload } from "../model/sync-payload.ts";
import { sourceOfType } from "../sources/catalog.ts";
import { previewSource } from "../sources/preview.ts";
import type { OpenSource } from "../sources/source.ts";
import { openHost, sourcesWanted } from "./agent-host.ts";
import type { AgentTerminal } from "./agent-terminal.ts";
import { previewLines } from "./source-answer-text.ts";

const LIMIT_DEFAULT = 20;

/** What `preview` was told. */
export interface PreviewValues {
  readonly source: string;
  readonly config: string;
  readonly limit: number | undefined;
  readonly json: boolean;
}

/** Shows a source's first devices as a run would send them; nothing is sent. */
export async function preview(
  { source: named, config: path, limit = LIMIT_DEFAULT, json }: PreviewValues,
  { env, print, stopSignal }: AgentTerminal,
): Promise<number> {
  const host = await openHost(path, env);
  const signal = stopSignal();
  const { payload } = await currentSources(sourcesWanted(host, signal));
  const opened = openSource(sourceNamed(payload, named));
  if (!opened.ok) throw new SyncError("config", `source "${named}" ${opened.error}`, PERMANENT);
  const log = createLog({ component: "agent", level: "error" });
  const found = await previewSource(opened.value, { limit, signal, log });
  const { devices, rejected, sourceTotal: total } = found;
  const lines = json
    ? [JSON.stringify({ devices: devices.map(shownDevice), rejected, total }, undefined, 2)]
    : previewLines({ devices, rejected, ...(total === undefined ? {} : { total }) });
  for (const line of lines) print(line);
  return EXIT.ok;
}

const PERMANENT = { retry: "permanent" } as const;

function openSource(config: SourceConfig): Result<OpenSource> {
  const source = sourceOfType(config.type);
  return source.ok ? source.value.open(config) : source;
}

function sourceNamed({ sources, rejected }: SyncPayload, named: string): SourceConfig {
  const source =
    sources.find(({ name }) => name === named) ??
    sources.find(({ syncServiceId }) => syncServiceId === named);
  if (source !== undefined) return source;
  const unusable = rejected.find(({ name }) => name === named);
  const names = [...sources, ...rejected].map(({ name }) => name);
  const why =
    unusable === undefined
      ? `this agent has no source "${named}"${didYouMean(named, names)}`
      : `source "${named}" cannot be used: ${unusable.reason}`;
  throw new SyncError("config", why, PERMANENT);
}
