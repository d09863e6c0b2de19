/** Rehearsals that a core asks for: a whole source is read and sent as a run would be, into a shadow of the inventory. */
import { pause } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import { grouped } from "../lib/grouped.ts";
import { ok, type Result } from "../lib/result.ts";
import { snapshotRunId } from "../model/snapshot.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import type { Source } from "../sources/source.ts";
import type { CommandOutcome, Json, TellProgress } from "./command-target.ts";
import { startProgress, type LastRun, type RunProgress } from "./source-status.ts";
import { syncRun, type RunContext } from "./sync-run.ts";
import { openTold } from "./told-source.ts";

/** What a rehearser is made of. */
export interface RehearserOptions {
  readonly context: RunContext;
  readonly sourceOfType: (type: string) => Result<Source>;
  /** Devices that a page may hold. */
  readonly pageRowsMax: number;
}

/** How often it is told how far a rehearsal is, ms. */
const TELL_MS = 1_000;
/** Told at least so often, in ticks of TELL_MS: the core takes a command that it hears nothing of for a minute for lost. */
const TELL_TICKS_MAX = 20;
/** How long a gateway may stay away before a rehearsal is given up, ms: somebody watches. */
const PATIENCE_MS = 300_000;

type Running = {
  readonly config: SourceConfig;
  readonly cancel: AbortController;
  readonly ended: Promise<LastRun>;
};

/** Rehearses one source at a time: its windows are memory beyond what was planned for runs. */
export class Rehearser {
  readonly #options: RehearserOptions;
  #running: Running | undefined;

  constructor(options: RehearserOptions) {
    this.#options = options;
  }

  async rehearse(payload: Json, tell: TellProgress): Promise<CommandOutcome> {
    const { sourceOfType, pageRowsMax } = this.#options;
    const no = payload["rehearsal_no"];
    if (typeof no !== "number") return { success: false, message: "payload has no rehearsal_no" };
    if (this.#running !== undefined) {
      const { name } = this.#running.config;
      return { success: false, message: `source ${name} is being rehearsed; one at a time` };
    }
    const told = openTold(payload, sourceOfType, { pageRowsMax });
    if (!told.ok) return { success: false, message: told.error };
    const { config, opened } = told.value;
    const progress = this.#progressOf(no);
    const cancel = new AbortController();
    const context = { ...this.#options.context, patienceMs: PATIENCE_MS };
    const task = { source: config, opened: ok(opened), progress, cancel: cancel.signal };
    const ended = syncRun(context, { ...task, isRehearsal: true }).then(({ lastRun }) => lastRun);
    this.#running = { config, cancel, ended };
    try {
      return outcomeOf(await this.#told(ended, { progress, tell }));
    } finally {
      this.#running = undefined;
    }
  }

  /** Ends the rehearsal of a source, meant by its sync_service_id or its name. False: there is none. */
  cancel(reference: string): boolean {
    const { config, cancel } = this.#running ?? {};
    if (config?.syncServiceId !== reference && config?.name !== reference) return false;
    const why = "an operator cancelled the rehearsal";
    cancel?.abort(new SyncError("cancelled", why, { retry: "permanent" }));
    return true;
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    const running = this.#running;
    running?.cancel.abort(new SyncError("cancelled", "the agent stops", { retry: "permanent" }));
    await running?.ended;
  }

  #progressOf(rehearsalNo: number): RunProgress {
    const startedMs = this.#options.context.clock.now();
    return startProgress({ runId: snapshotRunId(rehearsalNo), trigger: "command", startedMs });
  }

  async #told(
    ended: Promise<LastRun>,
    { progress, tell }: { readonly progress: RunProgress; readonly tell: TellProgress },
  ): Promise<LastRun> {
    const over = new AbortController();
    const telling = this.#tell(over.signal, { progress, tell });
    try {
      return await ended;
    } finally {
      over.abort();
      await telling;
    }
  }

  async #tell(
    signal: AbortSignal,
    { progress, tell }: { readonly progress: RunProgress; readonly tell: TellProgress },
  ): Promise<void> {
    const { clock } = this.#options.context;
    let last = "";
    for (let ticks = 0; ; ticks += 1) {
      await pause(clock, TELL_MS, signal);
      if (signal.aborted) return;
      const { percent, message } = farOf(progress);
      if (message === last && ticks < TELL_TICKS_MAX) continue;
      last = message;
      ticks = 0;
      if (!isHeard(tell, { percent, message })) return;
    }
  }
}

/** False where nobody listens any more: the stream that the command came by is gone, and its rehearsal goes on. */
function isHeard(tell: TellProgress, progress: Parameters<TellProgress>[0]): boolean {
  try {
    tell(progress);
    return true;
  } catch {
    return false;
  }
}

function farOf({ devices, sourceTotal }: RunProgress): { percent: number; message: string } {
  if (sourceTotal === undefined || sourceTotal === 0) {
    return { percent: 0, message: `${grouped(devices)} devices` };
  }
  // The end is told by the answer.
  const percent = Math.min(99, Math.floor((devices * 100) / sourceTotal));
  return { percent, message: `${grouped(devices)} of ${grouped(sourceTotal)} devices` };
}

function outcomeOf({ outcome, devices, rejected, pages, error }: LastRun): CommandOutcome {
  const payload = { devices, rejected, pages };
  if (error !== undefined) return { success: false, message: error.message, payload };
  const left = outcome === "partial" ? `, ${rejected} cannot be read` : "";
  return { success: true, message: `${devices} devices were sent${left}`, payload };
}
