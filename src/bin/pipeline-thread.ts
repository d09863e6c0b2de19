/** The main thread's end of the pipeline: starts it, writes its log lines, hands on its figures, ends with it. */
import { Worker as Thread } from "node:worker_threads";

import type { DatabaseAddress } from "../db/connection.ts";
import type { PoolLoad } from "../db/connections.ts";
import type { WorkFact } from "../dire/work-fact.ts";
import { SyncError } from "../lib/errors.ts";
import { embeddedAsset } from "../lib/executable.ts";
import { relayLine, type Log } from "../lib/log.ts";
import {
  plainAddress,
  type FromPipeline,
  type PipelineOrders,
  type ToPipeline,
} from "./pipeline-messages.ts";

/** Name of the asset of a single-file executable that holds pipeline.ts, bundled as CommonJS. */
const PIPELINE_ASSET = "pipeline.cjs";

/** How the pipeline is set up. */
export type PipelineOptions = Omit<PipelineOrders, "address" | "logLevel"> & {
  readonly address: DatabaseAddress;
  readonly log: Log;
  /** Hears of every step that was done. */
  readonly note?: ((fact: WorkFact) => void) | undefined;
  /** Text of the thread's program, in place of the file beside this one. */
  readonly program?: string | undefined;
};

/** A pipeline that runs. */
export interface Pipeline {
  /** Resolves once it has stopped as it was told; rejects where it ended by itself, which a core does not outlive. */
  readonly ended: Promise<void>;
  /** Looks for work now. */
  wake(): void;
  /** How busy its connections are, as it said at most a second ago; while one step holds its thread, longer. */
  load(): PoolLoad;
  /** Ends it after the steps under way. */
  stop(): Promise<void>;
}

/** Starts the thread. What it cannot do without, such as a reachable database, it tries again by itself. */
export function startPipeline(options: PipelineOptions): Pipeline {
  const { address, log, note, program = embeddedProgram(), ...orders } = options;
  const workerData: PipelineOrders = {
    ...orders,
    address: plainAddress(address),
    logLevel: log.level,
  };
  const thread =
    program === undefined
      ? new Thread(new URL("./pipeline.ts", import.meta.url), { workerData })
      : new Thread(program, { workerData, eval: true });
  let load: PoolLoad = {
    size: options.poolSize,
    busy: 0,
    idle: 0,
    waiting: 0,
    delayMs: 0,
    timeouts: 0,
  };
  thread.on("message", (told: FromPipeline) => {
    if (told.kind === "log") relayLine(log, told.line);
    else if (told.kind === "fact") note?.(told.fact);
    else load = told.load;
  });
  const say = (told: ToPipeline): void => thread.postMessage(told, []);
  const { ended, expectEnd } = endOf(thread);
  return {
    ended,
    wake: () => say("wake"),
    load: () => load,
    stop: async () => {
      expectEnd();
      say("stop");
      await ended.catch(() => {});
    },
  };
}

function endOf(thread: Thread): { readonly ended: Promise<void>; readonly expectEnd: () => void } {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits for it comes later than the start; what nobody waits for shall not look unhandled.
  ended.catch(() => {});
  let isExpected = false;
  thread.once("error", reject);
  thread.once("exit", (code) => (isExpected && code === 0 ? resolve() : reject(endedEarly(code))));
  return { ended, expectEnd: () => void (isExpected = true) };
}

function endedEarly(code: number): SyncError {
  const message = `the pipeline's thread ended by itself with code ${code}`;
  return new SyncError("pipeline_ended", message, { retry: "permanent" });
}

/** What a single executable carries; undefined where this runs from files. */
function embeddedProgram(): string | undefined {
  const program = embeddedAsset(PIPELINE_ASSET);
  return program === undefined ? undefined : new TextDecoder().decode(program);
}
