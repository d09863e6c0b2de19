import { chance, newUuid } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { err, type Result } from "../lib/result.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import type { OpenSource, Source } from "../sources/source.ts";
import { outdated, type Checkpoint } from "./checkpoint.ts";
import type { CancelAnswer } from "./command-target.ts";
import {
  configure,
  dueMs,
  emptySchedule,
  isOver,
  nextTickMs,
  runEnded,
  runNow,
  tick,
  type RunNowAnswer,
  type RunNowKind,
  type Schedule,
  type ScheduleStep,
  type Trigger,
} from "./schedule.ts";
import { sourceFingerprint, sourceKey } from "./source-key.ts";
import {
  addRun,
  NO_RUNS,
  sourceState,
  startProgress,
  type LastRun,
  type RunProgress,
  type SourceStatus,
  type SourceTotals,
} from "./source-status.ts";
import { AGENT_STOPS, syncRun, type RunContext, type RunEnd } from "./sync-run.ts";

/** What a runtime is made of. */
export interface SourceRuntimeOptions {
  readonly context: RunContext;
  /** The connector of a type. */
  readonly sourceOfType: (type: string) => Result<Source>;
  readonly sourcesInFlight: number;
  /** Devices that a page may hold, whatever a source's settings say. */
  readonly pageRowsMax: number;
  /** Every source once, and no more. */
  readonly isOnce: boolean;
  readonly onRunEnded?: () => void;
}

/** A source of the configuration. */
interface Slot {
  readonly config: SourceConfig;
  readonly fingerprint: string;
  /** Kept from run to run, because a connector keeps its token. */
  readonly opened: Result<OpenSource>;
  lastRun: LastRun | undefined;
  runs: number;
  totals: SourceTotals;
  /** Until when the core knows this source as it is set up now. An agent that starts reads everything once. */
  mark: string | undefined;
}

/** A run in flight; its source may have been changed or removed meanwhile. */
interface Running {
  readonly progress: RunProgress;
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
}

/** Runs the sources of the configuration when the schedule says so. */
export class SourceRuntime {
  readonly #options: SourceRuntimeOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #running = new Map<string, Running>();
  readonly #over = Promise.withResolvers<void>();
  #schedule: Schedule;
  #timer = new AbortController();
  #isStopped = false;
  #isConfigured = false;

  constructor(options: SourceRuntimeOptions) {
    this.#options = options;
    this.#schedule = emptySchedule(options.sourcesInFlight);
  }

  /** Resolves when there is nothing left to do, which happens only where every source runs once. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Takes over a configuration: new sources start, changed ones start anew, removed ones end, the others are left alone. */
  configure(sources: readonly SourceConfig[]): void {
    if (this.#isStopped) return;
    const byKey = new Map(sources.map((config) => [sourceKey(config), config]));
    if (byKey.size < sources.length) {
      const names = sources.map(({ name }) => name);
      this.#options.context.log.warn({ names }, "several sources with one sync_service_id");
    }
    for (const key of this.#slots.keys()) if (!byKey.has(key)) this.#slots.delete(key);
    for (const [key, config] of byKey) this.#slots.set(key, this.#slotOf(key, config));
    void this.#options.context.checkpoints?.keepOnly([...byKey.keys()]);
    this.#isConfigured = true;
    const { isOnce, context } = this.#options;
    const scheduled = [...this.#slots].map(([key, { config, fingerprint }]) => ({
      key,
      fingerprint,
      pollIntervalMs: isOnce ? Infinity : config.pollIntervalMs,
      discoveryIntervalMs: isOnce ? Infinity : config.discoveryIntervalMs,
    }));
    const rollOf = (): number => (isOnce ? 0 : chance());
    this.#apply(configure(this.#schedule, scheduled, { nowMs: context.clock.now(), rollOf }));
  }

  /** Starts a source now; it is meant by its sync_service_id or its name. */
  runNow(reference: string, kind: RunNowKind): RunNowAnswer {
    const key = this.#keyOf(reference);
    if (key === undefined || this.#isStopped) return "unknown";
    const trigger = kind === "poll" ? "poll" : "command";
    const step = runNow(this.#schedule, key, { nowMs: this.#options.context.clock.now(), trigger });
    this.#apply(step);
    return step.answer;
  }

  /** Ends a source's run in flight. */
  cancelRun(reference: string): CancelAnswer {
    const key = this.#keyOf(reference);
    if (key === undefined) return "unknown";
    const running = this.#running.get(key);
    if (running === undefined) return "not_running";
    const why = "an operator cancelled the run";
    running.cancel.abort(new SyncError("cancelled", why, { retry: "permanent" }));
    return "cancelled";
  }

  #keyOf(reference: string): string | undefined {
    const slots = [...this.#slots];
    const [key] =
      slots.find(([, { config }]) => config.syncServiceId === reference) ??
      slots.find(([, { config }]) => config.name === reference) ??
      [];
    return key;
  }

  /** Every source as it stands, by name. */
  statuses(): readonly SourceStatus[] {
    return [...this.#slots]
      .map(([key, slot]) => this.#statusOf(key, slot))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Cancels every run and waits until each has ended and said so. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#apply(configure(this.#schedule, [], { nowMs: 0, rollOf: () => 0 }));
    this.#timer.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #slotOf(key: string, config: SourceConfig): Slot {
    const fingerprint = sourceFingerprint(config);
    const before = this.#slots.get(key);
    const isSame = before?.fingerprint === fingerprint;
    const opened = isSame ? before.opened : this.#open(config);
    const mark = isSame ? before.mark : undefined;
    const { lastRun, runs = 0, totals = NO_RUNS } = before ?? {};
    return { config, fingerprint, opened, lastRun, runs, totals, mark };
  }

  /** Settings come from outside: should they break a connector, that is its run's failure and no other's. */
  #open(config: SourceConfig): Result<OpenSource> {
    const source = this.#options.sourceOfType(config.type);
    if (!source.ok) return source;
    try {
      return source.value.open({ ...config, pageRowsMax: this.#options.pageRowsMax });
    } catch (thrown) {
      return err(`settings cannot be used: ${messageOf(thrown)}`);
    }
  }

  #statusOf(key: string, { config, lastRun, runs, totals }: Slot): SourceStatus {
    const entry = this.#schedule.entries.get(key);
    const run = this.#running.get(key)?.progress;
    const nextDueMs = entry === undefined ? Infinity : dueMs(entry);
    const isRetryPlanned = entry !== undefined && entry.retryMs !== Infinity;
    return {
      name: config.name,
      type: config.type,
      serviceId: config.syncServiceId,
      state: sourceState({ isRunning: run !== undefined, isRetryPlanned, lastRun }),
      run,
      lastRun,
      nextDueMs: nextDueMs === Infinity ? undefined : nextDueMs,
      runs,
      skipped: entry?.skipped ?? 0,
      totals,
    };
  }

  #apply({ schedule, actions }: ScheduleStep): void {
    this.#schedule = schedule;
    for (const action of actions) {
      if (action.do === "start") this.#start(action.key, action.trigger);
      else this.#running.get(action.key)?.cancel.abort(this.#cancelReason());
    }
    this.#arm();
    if (this.#options.isOnce && this.#isConfigured && isOver(this.#schedule)) this.#over.resolve();
  }

  #cancelReason(): SyncError {
    return this.#isStopped
      ? new SyncError(AGENT_STOPS, "the agent stops", { retry: "permanent" })
      : new SyncError("cancelled", "the source was changed or removed", { retry: "permanent" });
  }

  /** The run that the agent before this one left of a source, if it is worth going on with. */
  #leftRun(key: string, slot: Slot, nowMs: number): Checkpoint | undefined {
    const { log, checkpoints } = this.#options.context;
    const left = slot.runs === 0 ? checkpoints?.read(key) : undefined;
    if (left === undefined) return undefined;
    const { fingerprint, config } = slot;
    const why = left.ok ? outdated(left.value, { fingerprint, ms: nowMs }) : left.error;
    if (left.ok && why === undefined) return left.value;
    log.info({ source: config.name, reason: why }, "the run before is not taken up");
    return undefined;
  }

  #arm(): void {
    this.#timer.abort();
    const atMs = nextTickMs(this.#schedule);
    if (this.#isStopped || atMs === Infinity) return;
    const { clock } = this.#options.context;
    this.#timer = new AbortController();
    const { signal } = this.#timer;
    clock.sleep(Math.max(0, atMs - clock.now()), { signal }).then(
      () => this.#apply(tick(this.#schedule, clock.now())),
      () => undefined,
    );
  }

  #start(key: string, trigger: Trigger): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    const { context } = this.#options;
    const cancel = new AbortController();
    const nowMs = context.clock.now();
    const takenUp = this.#leftRun(key, slot, nowMs);
    const { runId = newUuid(), startedMs = nowMs } = takenUp ?? {};
    const progress = startProgress({ runId, trigger, startedMs });
    const { config: source, opened, fingerprint } = slot;
    slot.runs += 1;
    const mark = trigger === "poll" ? slot.mark : undefined;
    const task = { source, opened, cancel: cancel.signal, progress, mark, takenUp };
    const ended = syncRun(context, task).then((end) => this.#ended(key, end, fingerprint));
    this.#running.set(key, { progress, cancel, ended });
  }

  #ended(key: string, { lastRun, retry, mark }: RunEnd, fingerprint: string): void {
    const running = this.#running.get(key);
    const isCancelled = running?.cancel.signal.aborted === true;
    this.#running.delete(key);
    const slot = this.#slots.get(key);
    if (slot !== undefined && running !== undefined) {
      slot.lastRun = lastRun;
      slot.totals = addRun(slot.totals, lastRun, running.progress);
      if (slot.fingerprint === fingerprint) slot.mark = mark ?? slot.mark;
    }
    const isRetried = retry !== undefined && !isCancelled && !this.#options.isOnce;
    const nowMs = this.#options.context.clock.now();
    const end = { nowMs, roll: chance(), ...(isRetried ? { retry } : {}) };
    this.#apply(runEnded(this.#schedule, key, end));
    this.#options.onRunEnded?.();
  }
}
