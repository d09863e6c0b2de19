import assert from "node:assert/strict";

import { SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import { armisSource } from "../../src/sources/armis.ts";
import type {
  OpenSource,
  PullOptions,
  SourceDevice,
  SourcePage,
  SourceRejection,
} from "../../src/sources/source.ts";
import { InstantClock } from "../support/instant-clock.ts";

/** What a pull gave in all. */
export interface Pulled {
  readonly pages: readonly SourcePage[];
  readonly devices: readonly SourceDevice[];
  readonly rejected: readonly SourceRejection[];
  readonly ids: readonly number[];
}

/** Opens an Armis source whose settings must be good. */
export function openArmis(config: SourceConfig): OpenSource {
  const opened = armisSource.open(config);
  assert.ok(opened.ok, opened.ok ? "" : opened.error);
  return opened.value;
}

/** Pulls to the end, on a clock that never waits. */
export async function pullArmis(
  source: OpenSource,
  options: Partial<PullOptions> = {},
): Promise<Pulled> {
  const usual = {
    signal: new AbortController().signal,
    log: silentLog(),
    clock: new InstantClock(),
  };
  const pages: SourcePage[] = [];
  for await (const page of source.pull({ ...usual, ...options })) pages.push(page);
  const devices = pages.flatMap((page) => page.devices);
  return {
    pages,
    devices,
    rejected: pages.flatMap((page) => page.rejected),
    ids: devices.map(({ metadata }) => Number(metadata["armis_device_id"])),
  };
}

/** The error of a pull that must fail. */
export async function pullError(
  source: OpenSource,
  options: Partial<PullOptions> = {},
): Promise<SyncError> {
  const thrown: unknown = await pullArmis(source, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof SyncError, `expected a SyncError, got ${String(thrown)}`);
  return thrown;
}

/** 1 to n. */
export function idsTo(n: number): readonly number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
