import { err, ok, type Result } from "../lib/result.ts";
import {
  parseSourceConfig,
  POLL_INTERVAL_DEFAULT_MS,
  type SourceConfig,
} from "../model/sync-payload.ts";
import type { OpenSource, Source } from "../sources/source.ts";
import type { Json } from "./command-target.ts";

/** A source as a command tells it, ready to be read. */
export interface ToldSource {
  readonly config: SourceConfig;
  readonly opened: OpenSource;
}

/** Opens the source whose settings a command brings along. The error says why that cannot be done. */
export function openTold(
  payload: Json,
  sourceOfType: (type: string) => Result<Source>,
  { pageRowsMax }: { readonly pageRowsMax?: number } = {},
): Result<ToldSource> {
  const name = typeof payload["name"] === "string" ? payload["name"] : "";
  const config = parseSourceConfig(name, payload["source"], POLL_INTERVAL_DEFAULT_MS);
  if (!config.ok) return err(`payload's source ${config.error}`);
  const source = sourceOfType(config.value.type);
  if (!source.ok) return source;
  const opened = source.value.open({
    ...config.value,
    ...(pageRowsMax === undefined ? {} : { pageRowsMax }),
  });
  return opened.ok ? ok({ config: config.value, opened: opened.value }) : opened;
}
