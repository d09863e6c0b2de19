/** The main thread's end of the pipeline: starts it, writes its log lines, hands on its figures, ends with it. */
import { Worker as Thread } from "node:worker_threads";

import type { DatabaseAddress } from "../db/connection.ts";
import type { PoolLoad } from "../db/connections.ts";
import type { WorkFact } from "../dire/work-fact.ts";
import type { ArrivedChunk } from "../inbox/inbox.ts";
import { pause, systemClock } from "../lib/clock.ts";
import { loaderOf } from "../lib/embedded-program.ts";
import { SyncError } from "../lib/errors.ts";
import { hasAsset } from "../lib/executable.ts";
import { relayLine, type Log } from "../lib/log.ts";
import {
  plainAddress,
  type FromPipeline,
  type Offer,
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
  /** Offers a chunk to be worked at once. False where it must go into the inbox, or where that is not known in time: the ledger knows it then. */
  readonly takeRepeated: (tenant: number, chunk: ArrivedChunk) => Promise<boolean>;
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
    else if (told.kind === "load") load = told.load;
    else offers.answer(told.offerNo, told.isTaken);
  });
  const say = (told: ToPipeline): void => thread.postMessage(told, []);
  const offers = new Offers((offer, bytes) => thread.postMessage(offer, [bytes]));
  const { ended, expectEnd } = endOf(thread);
  return {
    ended,
    wake: () => say("wake"),
    takeRepeated: (tenant, chunk) => offers.make(tenant, chunk),
    load: () => load,
    stop: async () => {
      expectEnd();
      say("stop");
      await ended.catch(() => {});
    },
  };
}

/** How long an agent's call waits for the answer to an offer, ms: a thread that is busy with others is not waited for. */
const OFFER_WAIT_MS = 500;

/** Offers that were not answered yet. */
class Offers {
  readonly #say: (offer: Offer, bytes: ArrayBuffer) => void;
  readonly #open = new Map<number, (isTaken: boolean) => void>();
  #made = 0;

  constructor(say: (offer: Offer, bytes: ArrayBuffer) => void) {
    this.#say = say;
  }

  async make(tenant: number, chunk: ArrivedChunk): Promise<boolean> {
    const offerNo = ++this.#made;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#open.set(offerNo, resolve);
    const answered = new AbortController();
    void pause(systemClock, OFFER_WAIT_MS, answered.signal).then(() => resolve(false));
    // A copy that goes over: what the chunk lies in belongs to gRPC, and the inbox may need it yet.
    const message = new Uint8Array(chunk.message);
    this.#say({ offerNo, tenant, chunk: { ...chunk, message } }, message.buffer);
    try {
      return await promise;
    } finally {
      answered.abort();
      this.#open.delete(offerNo);
    }
  }

  answer(offerNo: number, isTaken: boolean): void {
    this.#open.get(offerNo)?.(isTaken);
  }
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

/** What starts the one that a single executable carries; undefined where this runs from files. */
function embeddedProgram(): string | undefined {
  return hasAsset(PIPELINE_ASSET) ? loaderOf(PIPELINE_ASSET) : undefined;
}
