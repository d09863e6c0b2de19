/**
 * A process that works the tenants of the database in its first argument, as a core's pipeline does, until its standard input ends. It
 * prints each step as a line of JSON; with a second argument it stops itself (SIGSTOP) after its first one, between two transactions.
 */
import { once } from "node:events";
import { writeSync } from "node:fs";

import { openPool } from "../../src/db/pool.ts";
import type { WorkFact } from "../../src/dire/work-fact.ts";
import { Worker } from "../../src/dire/worker.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";

const [url = "", stops] = process.argv.slice(2);
const log = silentLog();
let mayStop = stops !== undefined;

function note(fact: WorkFact): void {
  writeSync(1, `${JSON.stringify(fact)}\n`);
  if (!mayStop || fact.step !== "ingested") return;
  mayStop = false;
  process.kill(process.pid, "SIGSTOP");
}

// Its time stands still, so that having been stopped does not look to it like a tenant's turn that is over.
const clock = { now: () => 0, sleep: systemClock.sleep.bind(systemClock) };
await using db = openPool({ address: { url }, max: 2, applicationName: "replica", log });
const worker = new Worker({ db, clock, log, chunksPerTx: 1, tenantsInFlight: 1, note });
const running = worker.run();
await once(process.stdin.resume(), "end");
worker.stop();
await running;
