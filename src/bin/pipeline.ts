/**
 * The thread that loads the CPU: takes chunks in, resolves, publishes, keeps. It owns its connections, so gRPC and HTTP of the main
 * thread answer while it works. Nothing but pipeline-messages.ts crosses between them.
 *
 * From sources it is started by this file's address. A bundle of one file cannot: its thread starts from a text. There this file is
 * bundled by itself as CommonJS, which is why nothing is awaited at its top level, and embedded under PIPELINE_ASSET
 * (pipeline-thread.ts), which finds and starts it.
 */
import { parentPort, workerData } from "node:worker_threads";

import { forgetControl } from "../control/forget.ts";
import { openPool, type Db } from "../db/pool.ts";
import { Keeper } from "../dire/keeper.ts";
import { Worker } from "../dire/worker.ts";
import { forgetTagChanges } from "../inventory/forget-tag-changes.ts";
import { pause, systemClock } from "../lib/clock.ts";
import { invariant } from "../lib/invariant.ts";
import { relayedLog } from "../lib/log.ts";
import {
  addressOf,
  type FromPipeline,
  type Offer,
  type PipelineOrders,
  type ToPipeline,
} from "./pipeline-messages.ts";

/** How often it tells how busy its connections are, ms: finer than any scrape. */
const LOAD_MS = 1_000;

// What fails in it ends the thread by an unhandled rejection, and with the thread the process.
void runPipeline(workerData as PipelineOrders);

async function runPipeline(orders: PipelineOrders): Promise<void> {
  const port = parentPort;
  invariant(port !== null, "the pipeline runs in a thread of the core");
  const say = (message: FromPipeline): void => port.postMessage(message);
  const log = relayedLog(orders.logLevel, (line) => say({ kind: "log", line }));
  const { queue } = orders;
  const address = addressOf(orders.address);
  const applicationName = "serviceradar-core ingest";
  const db = openPool({ address, max: orders.poolSize, applicationName, log, queue });
  const work = { ...orders, db, clock: systemClock, log };
  const worker = new Worker({ ...work, note: (fact) => say({ kind: "fact", fact }) });
  const keeper = new Keeper({
    ...work,
    note: (fact) => say({ kind: "fact", fact }),
    alsoForget: async (tenantDb, tenant, settings) =>
      (await forgetControl(tenantDb, tenant, settings)) +
      (await forgetTagChanges(tenantDb, tenant, { days: settings.tag_change_days })),
  });
  const stopping = new AbortController();
  port.on("message", (told: ToPipeline) => {
    if (told === "wake") return worker.wake();
    if (told !== "stop") return void answer(worker, told).then(say);
    worker.stop();
    keeper.stop();
    stopping.abort();
  });
  const keeping = orders.isKeeping ? keeper.run() : undefined;
  await Promise.all([worker.run(), keeping, tellLoad(db, { say, signal: stopping.signal })]);
  await db.end();
  // Ends this thread alone; what it said before still arrives.
  process.exit(0);
}

async function answer(worker: Worker, { offerNo, tenant, chunk }: Offer): Promise<FromPipeline> {
  return { kind: "offered", offerNo, isTaken: await worker.takeRepeated(tenant, chunk) };
}

async function tellLoad(
  db: Db,
  { say, signal }: { readonly say: (told: FromPipeline) => void; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    say({ kind: "load", load: db.load() });
    await pause(systemClock, LOAD_MS, signal);
  }
}
