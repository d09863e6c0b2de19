import type { Clock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { Checkpoint, Position } from "./checkpoint.ts";
import type { Delivered } from "./outbox.ts";
import { sourceFingerprint, sourceKey } from "./source-key.ts";
import type { RunProgress } from "./source-status.ts";

/** Keeps the place of one run, after each window that the gateway has. */
export class RunKeeper {
  readonly #store: CheckpointStore | undefined;
  readonly #clock: Clock;
  readonly #key: string;
  readonly #fingerprint: string;
  #hasKept: boolean;

  constructor(
    store: CheckpointStore | undefined,
    {
      source,
      clock,
      isTakenUp,
    }: { readonly source: SourceConfig; readonly clock: Clock; readonly isTakenUp: boolean },
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#hasKept = isTakenUp;
    this.#key = sourceKey(source);
    this.#fingerprint = sourceFingerprint(source);
  }

  /** Whether an agent to come can take the run up. */
  get hasKept(): boolean {
    return this.#hasKept;
  }

  async keep(
    run: Pick<Checkpoint, "gatewayId" | "mark"> & { readonly progress: RunProgress },
    position: Position,
    { chunks, entries }: Delivered,
  ): Promise<void> {
    // Behind no page everything would have to be read and held to find the place again.
    if (this.#store === undefined || position.cursor === undefined) return;
    const { gatewayId, mark, progress } = run;
    this.#hasKept = await this.#store.write(this.#key, {
      fingerprint: this.#fingerprint,
      runId: progress.runId,
      startedMs: progress.startedMs,
      gatewayId,
      mark,
      position,
      chunks,
      entries,
      savedMs: this.#clock.now(),
    });
  }

  /** The run is over. */
  async forget(): Promise<void> {
    this.#hasKept = false;
    await this.#store?.remove(this.#key);
  }
}

/** Counters as they stood at the place. */
export function restoreProgress(progress: RunProgress, left: Checkpoint): void {
  const { position, chunks, entries } = left;
  progress.pages = position.pages;
  progress.devices = entries - position.behind.entries;
  progress.sentDevices = entries;
  progress.sentChunks = chunks.length;
  progress.rejected = Object.values(position.rejected).reduce((sum, count) => sum + count, 0);
}

/** The code of what a run was cancelled with. */
export function codeOf(reason: unknown): string | undefined {
  return reason instanceof SyncError ? reason.code : undefined;
}
