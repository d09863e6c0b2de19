import assert from "node:assert/strict";

import { SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import type {
  PullOptions,
  Source,
  SourceDevice,
  SourcePage,
  SourceRejection,
} from "../../src/sources/source.ts";
import { InstantClock } from "./instant-clock.ts";

/** All that a pull gave. */
export interface Pulled {
  readonly pages: readonly SourcePage[];
  readonly devices: readonly SourceDevice[];
  readonly rejected: readonly SourceRejection[];
}

/** Opens a source and reads it to its end, on a clock that does not wait. */
export async function pull(
  source: Source,
  config: SourceConfig,
  options: Partial<PullOptions> = {},
): Promise<Pulled> {
  const opened = source.open(config);
  assert.ok(opened.ok, opened.ok ? "" : opened.error);
  const { signal } = new AbortController();
  const usual = { signal, log: silentLog(), clock: new InstantClock() };
  const pages: SourcePage[] = [];
  for await (const page of opened.value.pull({ ...usual, ...options })) pages.push(page);
  const devices = pages.flatMap((page) => page.devices);
  return { pages, devices, rejected: pages.flatMap((page) => page.rejected) };
}

/** What a reading of changes gave. */
export interface Changes extends Pulled {
  readonly gone: readonly SourceDevice[];
  readonly mark: string | undefined;
}

/** Opens a source and reads what changed since the mark, on a clock that does not wait. */
export async function pullChanges(
  source: Source,
  config: SourceConfig,
  { mark, ...options }: Partial<PullOptions> & { readonly mark: string },
): Promise<Changes> {
  const opened = source.open(config);
  assert.ok(opened.ok && opened.value.changes !== undefined, "a source that tells of changes");
  const { signal } = new AbortController();
  const usual = { signal, log: silentLog(), clock: new InstantClock() };
  const pages: SourcePage[] = [];
  for await (const page of opened.value.changes(mark, { ...usual, ...options })) pages.push(page);
  return {
    pages,
    devices: pages.flatMap((page) => page.devices),
    rejected: pages.flatMap((page) => page.rejected),
    gone: pages.flatMap((page) => page.gone ?? []),
    mark: pages[0]?.mark,
  };
}

/** Waits for a pull that has to fail, and gives its error. */
export async function failureOf(pulled: Promise<unknown>): Promise<SyncError> {
  const thrown = await pulled.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof SyncError, `expected a SyncError, got ${String(thrown)}`);
  return thrown;
}
