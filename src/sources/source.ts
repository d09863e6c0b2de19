import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Result } from "../lib/result.ts";
import type { Metadata } from "../model/device-update.ts";
import type { SourceConfig } from "../model/sync-payload.ts";

/**
 * One device as a source reports it, before the agent stamps run, partition and collector on it. `metadata`
 * carries the native id under the key of its kind (netbox_device_id, armis_device_id, integration_id …).
 */
export interface SourceDevice {
  readonly ip?: string;
  readonly mac?: string;
  readonly hostname?: string;
  readonly isAvailable?: boolean;
  readonly metadata: Metadata;
  /** Values that change while the device stays as it is, such as a system's own last sighting; they make no record changed. */
  readonly volatile?: Metadata;
}

/** A record that could not be read: its id where it has one, and the reason. Never fails the page. */
export interface SourceRejection {
  readonly nativeId: string;
  readonly reason: string;
}

/** One page of a pull, mapped. An empty `devices` is a good page. */
export interface SourcePage {
  readonly devices: readonly SourceDevice[];
  readonly rejected: readonly SourceRejection[];
  /** Hand it back as `PullOptions.cursor` to go on after this page; absent on the last page. */
  readonly cursor?: string;
  /** How many devices the source says it holds, once it has said so. */
  readonly sourceTotal?: number;
  /** Devices that the source says it has no more, by their ids; told among changes alone. */
  readonly gone?: readonly SourceDevice[];
  /** Hand that of the first page to `changes` to learn what happened since this reading began. Absent where the source tells no time. */
  readonly mark?: string;
}

/** How a pull is bounded and watched. */
export interface PullOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Where waiting happens; the machine's clock where absent. */
  readonly clock?: Clock;
  /** Resume after the page that gave this cursor. */
  readonly cursor?: string;
  /** The first pages are all that is wanted, so as little as may be is asked for ahead. */
  readonly isSample?: boolean;
  /** Told when the source makes us wait, so that progress can say "rate limited 12 s". */
  readonly onWait?: (wait: SourceWait) => void;
  /** Told of each answer by its HTTP status, and of each request that got none. */
  readonly onAnswer?: (status: number | undefined) => void;
}

/** How long a source is not asked, and whether it asked for that. */
export interface SourceWait {
  readonly reason: "rate_limited" | "retry";
  readonly ms: number;
}

/**
 * One kind of external system. `open` checks settings without touching the network; `pull` reads a complete
 * snapshot page by page and holds no more than a page. It throws SyncError with one of SOURCE_ERRORS as code; a
 * pull that returns normally has read every page.
 */
export interface Source {
  readonly type: string;
  /** The error names the setting that is wrong. */
  open(config: SourceConfig): Result<OpenSource>;
}

/** A source whose settings are checked. */
export interface OpenSource {
  pull(options: PullOptions): AsyncIterable<SourcePage>;
  /**
   * Reads what changed since the reading that gave the mark; its pages have no cursor. Who is not in them did not go. Absent where
   * the kind of system cannot tell. Throws SyncError `changes_unknown` before the first page where only a pull will do.
   */
  changes?(mark: string, options: Omit<PullOptions, "cursor">): AsyncIterable<SourcePage>;
}

/** Why a pull failed, as the run's manifest reports it. */
const SOURCE_ERRORS = [
  "auth",
  "permission",
  "rate_limited",
  "unreachable",
  "bad_data",
  "truncated",
  "filter_ignored",
  "cancelled",
] as const;

/** One of SOURCE_ERRORS. */
export type SourceErrorCode = (typeof SOURCE_ERRORS)[number];
