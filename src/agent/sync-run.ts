/**
 * One run of one source: pages are pulled, stamped, packed and delivered as they come, and a manifest tells how it ended, also
 * when nothing came or it failed. The one place where a run's failures are caught.
 */
import type { Clock } from "../lib/clock.ts";
import type { Retry } from "../lib/errors.ts";
import { SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Result } from "../lib/result.ts";
import { nextTurn } from "../lib/turn.ts";
import { formatManifest } from "../model/run-manifest.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import type { OpenSource, PullOptions, SourcePage } from "../sources/source.ts";
import { formatDeviceUpdate } from "../wire/update-json.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { diagnose } from "./diagnosis.ts";
import type { GatewayLink } from "./gateway-link.ts";
import type { AgentIdentity } from "./identity.ts";
import { Outbox } from "./outbox.ts";
import { Rejections } from "./rejections.ts";
import { failureOf, failureOfTakenUp, lastRunOf, manifestOf, type RunFailure } from "./run-end.ts";
import { codeOf, restoreProgress, RunKeeper } from "./run-keeper.ts";
import { RunSender } from "./run-sender.ts";
import { noteAnswer, noteWait, type LastRun, type RunProgress } from "./source-status.ts";
import { goneDevice, nativeIdOf, stamp } from "./stamp.ts";
import { TakenUp } from "./taken-up.ts";

/** What all runs of an agent share. */
export interface RunContext {
  readonly identity: AgentIdentity;
  readonly link: GatewayLink;
  readonly clock: Clock;
  readonly log: Log;
  readonly windowChunks: number;
  readonly chunkBytesMax: number;
  /** What the gateway takes as one message. */
  readonly receiveBytesMax: number;
  /** After a run was cancelled: how long its last window and its manifest may still take. */
  readonly graceMs: number;
  /** How long a gateway may stay away before the run is given up; absent: for ever. */
  readonly patienceMs?: number | undefined;
  /** Where the places of runs are kept for agents to come; absent: nowhere. */
  readonly checkpoints?: CheckpointStore | undefined;
}

/** Devices that are packed before the window on its way has a turn at the line, a millisecond or less: a source that answers at once held it back. */
const DEVICES_PER_TURN = 64;

/** What is to be pulled. */
export interface RunTask {
  readonly source: SourceConfig;
  /** The error is why its settings cannot be used; the run then fails at once, and says so. */
  readonly opened: Result<OpenSource>;
  /** Aborting it stops the pull at once; its reason is told. */
  readonly cancel: AbortSignal;
  /** Kept up to date while the run goes on. */
  readonly progress: RunProgress;
  /** Read only what changed since the reading that gave this mark, if the source can tell. */
  readonly mark?: string | undefined;
  /** The run that an agent before this one left; `progress` has its id and its start. */
  readonly takenUp?: Checkpoint | undefined;
  /** What is read goes to a rehearsal that `progress` has the run id of; nobody takes it up. */
  readonly isRehearsal?: boolean | undefined;
}

/** The code of the reason that a run is cancelled with when the agent stops: another agent will take the run up. */
export const AGENT_STOPS = "agent_stops";

/** How a run ended, and whether it is worth trying again before its time. */
export interface RunEnd {
  readonly lastRun: LastRun;
  readonly retry: Retry | undefined;
  /** Where the next delta begins: only after a run that was read to its end, and whose every chunk and end the gateway has. */
  readonly mark: string | undefined;
}

/** Runs it to its end. Rejects only where this code is wrong. */
export async function syncRun(context: RunContext, task: RunTask): Promise<RunEnd> {
  return await new SyncRun(context, task).run();
}

class SyncRun {
  readonly #context: RunContext;
  readonly #task: RunTask;
  readonly #log: Log;
  readonly #outbox: Outbox;
  readonly #rejections: Rejections;
  readonly #sender: RunSender;
  readonly #gatewayId: string;
  readonly #keeper: RunKeeper;
  /** Ends everything, some time after the run was cancelled. */
  readonly #abandon = new AbortController();
  readonly #overlap: TakenUp | undefined;
  #mark: string | undefined;

  constructor(context: RunContext, task: RunTask) {
    const { source, progress, takenUp, isRehearsal = false } = task;
    this.#context = context;
    this.#task = task;
    this.#log = context.log.child({ source: source.name, run_id: progress.runId });
    this.#gatewayId = takenUp?.gatewayId ?? context.link.current?.gatewayId ?? "";
    this.#mark = takenUp?.mark;
    this.#rejections = new Rejections(takenUp?.position.rejected);
    this.#overlap = takenUp === undefined ? undefined : new TakenUp(takenUp.position.behind);
    if (takenUp !== undefined) restoreProgress(progress, takenUp);
    this.#keeper = new RunKeeper(isRehearsal ? undefined : context.checkpoints, {
      source,
      clock: context.clock,
      isTakenUp: takenUp !== undefined,
    });
    this.#sender = new RunSender({
      ...context,
      gatewayId: this.#gatewayId,
      log: this.#log,
      progress,
      isRehearsal,
      signal: this.#abandon.signal,
    });
    this.#outbox = this.#createOutbox();
  }

  #createOutbox(): Outbox {
    const { source, progress, takenUp } = this.#task;
    const { windowChunks, chunkBytesMax, receiveBytesMax } = this.#context;
    return new Outbox({
      run: { runId: progress.runId, serviceId: source.syncServiceId, windowChunks },
      before: takenUp,
      chunkBytesMax,
      receiveBytesMax,
      deliver: (window) => this.#sender.deliver(window),
      onDelivered: async (position, delivered) => {
        // A delta is short, and has no places to go on from.
        if (progress.kind === "delta") return;
        const run = { progress, gatewayId: this.#gatewayId, mark: this.#mark };
        await this.#keeper.keep(run, position, delivered);
      },
      onHeld: (bytes) => {
        progress.heldBytes = bytes;
        progress.heldBytesMax = Math.max(progress.heldBytesMax, bytes);
      },
    });
  }

  async run(): Promise<RunEnd> {
    const { progress, cancel } = this.#task;
    const { clock, graceMs } = this.#context;
    const over = new AbortController();
    const onCancel = (): void => {
      const grace = clock.sleep(graceMs, { signal: over.signal });
      grace.then(() => this.#abandon.abort(cancel.reason)).catch(() => undefined);
    };
    if (cancel.aborted) onCancel();
    else cancel.addEventListener("abort", onCancel, { once: true });
    try {
      const failure = await this.#work();
      const ended = { progress, delivered: this.#outbox.delivered, failure, endedMs: clock.now() };
      const isLeft = this.#keeper.hasKept && codeOf(cancel.reason) === AGENT_STOPS;
      const isReported =
        !isLeft && (await this.#report({ ...ended, rejected: this.#rejections.counts }));
      if (isLeft) this.#log.info("the next start takes this run up");
      else await this.#keeper.forget();
      const lastRun = lastRunOf(ended);
      this.#logEnd(lastRun);
      const isKnown = isReported && failure === undefined;
      return { lastRun, retry: failure?.retry, mark: isKnown ? this.#mark : undefined };
    } finally {
      cancel.removeEventListener("abort", onCancel);
      over.abort();
    }
  }

  /** Pulls and delivers everything; gives why that broke off, if it did. */
  async #work(): Promise<RunFailure | undefined> {
    const { cancel } = this.#task;
    try {
      await this.#pull();
      await this.#outbox.finish({ isComplete: true });
      return undefined;
    } catch (thrown) {
      const { broken } = this.#outbox;
      // A refused window cancels the pull, which then tells of nothing but that.
      const failure = failureOf(broken.aborted ? broken.reason : thrown, cancel);
      if (failure.kind === "internal") this.#log.error({ err: thrown }, "sync run broke");
      await this.#deliverRest(failure);
      return this.#task.takenUp === undefined ? failure : failureOfTakenUp(failure);
    }
  }

  /** What was read before the source failed is true all the same. A cancelled run only waits for what is on its way. */
  async #deliverRest({ kind }: RunFailure): Promise<void> {
    try {
      if (kind === "cancelled") await this.#outbox.settle();
      else if (!this.#outbox.broken.aborted) await this.#outbox.finish({ isComplete: false });
    } catch (thrown) {
      this.#log.warn({ error: diagnose(thrown) }, "devices that were read could not be delivered");
    }
  }

  async #pull(): Promise<void> {
    const { opened, mark, progress } = this.#task;
    if (!opened.ok) throw new SyncError("config", opened.error, { retry: "permanent" });
    const options = this.#pullOptions();
    if (mark !== undefined && opened.value.changes !== undefined) {
      progress.kind = "delta";
      try {
        return await this.#takeAll(opened.value.changes(mark, options));
      } catch (thrown) {
        const isUnknown = thrown instanceof SyncError && thrown.code === "changes_unknown";
        if (!isUnknown || progress.pages > 0) throw thrown;
        this.#log.info({ reason: thrown.message }, "the source is read as a whole");
        progress.kind = "full";
      }
    }
    const cursor = this.#task.takenUp?.position.cursor;
    await this.#takeAll(
      opened.value.pull({ ...options, ...(cursor === undefined ? {} : { cursor }) }),
    );
    await this.#endOverlap();
  }

  #pullOptions(): PullOptions {
    const { cancel, progress } = this.#task;
    const { clock } = this.#context;
    return {
      signal: AbortSignal.any([cancel, this.#outbox.broken]),
      log: this.#log,
      clock,
      onWait: (wait) => noteWait(progress, wait, clock.now()),
      onAnswer: (status) => noteAnswer(progress, status),
    };
  }

  async #takeAll(pages: AsyncIterable<SourcePage>): Promise<void> {
    for await (const page of pages) {
      await this.#take(page);
      this.#task.cancel.throwIfAborted();
      this.#outbox.broken.throwIfAborted();
    }
  }

  async #take(page: SourcePage): Promise<void> {
    const { progress, source } = this.#task;
    const { agentId, partition } = this.#context.identity;
    const gatewayId = this.#gatewayId;
    const sighting = { source, agentId, partition, gatewayId, timestampMs: progress.startedMs };
    progress.pages += 1;
    progress.sourceWait = undefined;
    progress.sourceTotal = page.sourceTotal ?? progress.sourceTotal;
    for (const rejection of page.rejected) this.#reject(rejection.nativeId, rejection.reason);
    this.#mark ??= page.mark;
    for (const device of [...page.devices, ...(page.gone ?? []).map(goneDevice)]) {
      progress.devices += 1;
      const before = this.#outbox.rejected;
      const full = this.#add(formatDeviceUpdate(stamp(device, sighting)));
      if (this.#outbox.rejected > before) this.#reject(nativeIdOf(device), "larger than a chunk");
      const wait = full ?? this.#turn();
      if (wait !== undefined) await wait;
    }
    if (this.#overlap?.isOpen === true) return;
    const { pages } = progress;
    this.#outbox.endPage({ cursor: page.cursor, pages, rejected: this.#rejections.counts });
  }

  /** Undefined where nobody waits for one. */
  #turn(): Promise<void> | undefined {
    const isDue = this.#task.progress.devices % DEVICES_PER_TURN === 0;
    return isDue && this.#outbox.isSending ? nextTurn() : undefined;
  }

  #add(entry: string): Promise<void> | undefined {
    if (this.#overlap?.isOpen !== true) return this.#outbox.add(entry);
    this.#overlap.hold(entry);
    return this.#overlap.isOpen ? undefined : this.#endOverlap();
  }

  /** The entries that the gateway should have already were read again. */
  async #endOverlap(): Promise<void> {
    const { known, toSend } = this.#overlap?.decide() ?? { known: [], toSend: [] };
    this.#outbox.pass(known);
    for (const entry of toSend) await this.#outbox.add(entry);
  }

  #reject(nativeId: string, reason: string): void {
    this.#rejections.add({ nativeId, reason });
    this.#task.progress.rejected = this.#rejections.total;
  }

  /** Whether the gateway has it. */
  async #report(ended: Omit<Parameters<typeof manifestOf>[0], "serviceId">): Promise<boolean> {
    const { syncServiceId: serviceId } = this.#task.source;
    // Without it a core could not say whose run that was.
    if (serviceId === undefined) return false;
    try {
      await this.#sender.report(formatManifest(manifestOf({ ...ended, serviceId })));
      return true;
    } catch (thrown) {
      this.#log.warn({ error: diagnose(thrown) }, "the end of the run could not be reported");
      return false;
    }
  }

  #logEnd(run: LastRun): void {
    const { error, outcome, devices, pages, rejected } = run;
    const { trigger, kind, sentChunks: chunks, sentBytes: bytes } = this.#task.progress;
    const ms = run.endedMs - run.startedMs;
    const fields = { trigger, kind, outcome, devices, pages, chunks, bytes, ms, rejected };
    const samples = rejected === 0 ? {} : { rejected_samples: this.#rejections.samples };
    const what = this.#task.isRehearsal === true ? "rehearsal" : "sync run";
    if (error === undefined) this.#log.info({ ...fields, ...samples }, what);
    else this.#log.warn({ ...fields, ...samples, error }, what);
  }
}
