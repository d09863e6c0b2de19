import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { SNAPSHOT_END_TYPE, SNAPSHOT_TYPE } from "../model/snapshot.ts";
import { diagnose } from "./diagnosis.ts";
import type { GatewayLink } from "./gateway-link.ts";
import { serviceStatus, statusHeader, type AgentIdentity } from "./identity.ts";
import { deliver } from "./send.ts";
import type { RunProgress, Waiting } from "./source-status.ts";
import type { Window } from "./window.ts";

/** Whose calls they are, and how they are bounded. */
export interface RunSenderOptions {
  readonly identity: AgentIdentity;
  readonly link: GatewayLink;
  readonly clock: Clock;
  readonly log: Log;
  /** The gateway's name when the run began: it stays the same through every resend. */
  readonly gatewayId: string;
  readonly progress: RunProgress;
  /** It goes to a rehearsal, and must not be taken for a run. */
  readonly isRehearsal?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly patienceMs?: number | undefined;
}

/** Makes the StreamStatus calls of one run, counts them, and says why one has to wait. */
export class RunSender {
  readonly #options: RunSenderOptions;

  constructor(options: RunSenderOptions) {
    this.#options = options;
  }

  /** Sends device updates; one line in the log for each window that the gateway has. */
  async deliver({ chunks, entries, bytes }: Window): Promise<void> {
    const { clock, log, progress } = this.#options;
    const startedMs = clock.now();
    const messages = chunks.map(({ message }) => message);
    progress.inFlightChunks += chunks.length;
    try {
      await this.#send(this.#options.isRehearsal === true ? SNAPSHOT_TYPE : "sync", messages);
    } finally {
      progress.inFlightChunks -= chunks.length;
    }
    progress.sentChunks += chunks.length;
    progress.sentDevices += entries;
    progress.sentBytes += bytes;
    const ms = clock.now() - startedMs;
    log.info({ chunks: chunks.length, devices: entries, bytes, ms }, "StreamStatus");
  }

  /** Sends the manifest of the run: service type "sync-run", which peers that do not know it ignore. */
  async report(manifestJson: string): Promise<void> {
    const type = this.#options.isRehearsal === true ? SNAPSHOT_END_TYPE : "sync-run";
    await this.#send(type, [Buffer.from(manifestJson)]);
  }

  async #send(type: string, messages: readonly Uint8Array[]): Promise<void> {
    const { identity, gatewayId, clock, progress } = this.#options;
    const header = statusHeader(identity, gatewayId);
    const timestamp = Math.floor(clock.now() / 1_000);
    const drafts = messages.map((message, chunkIndex) => ({
      ...header,
      timestamp,
      services: [
        serviceStatus(identity, { name: "sync", type, source: "results", message, gatewayId }),
      ],
      chunkIndex,
      totalChunks: messages.length,
      isFinal: chunkIndex === messages.length - 1,
    }));
    const onRetry = (thrown: unknown, waiting: Waiting): void => this.#noteRetry(thrown, waiting);
    await deliver(drafts, { ...this.#options, onRetry });
    progress.gatewayWait = undefined;
  }

  #noteRetry(thrown: unknown, waiting: Waiting): void {
    const { clock, log, progress } = this.#options;
    progress.gatewayWait = waiting;
    const retry_in_ms = Math.round(waiting.untilMs - clock.now());
    log.warn({ error: diagnose(thrown), retry_in_ms }, "StreamStatus not taken");
  }
}
