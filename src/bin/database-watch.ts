/** Looks at the database while the core runs: how busy it is, and whether there is more by now than the core is tuned for. */
import { cpus } from "node:os";

import { readActivity } from "../db/activity.ts";
import type { TenantDbs } from "../db/pool.ts";
import { pause, type Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import {
  loadOf,
  withLook,
  type DatabaseLoad,
  type DatabaseLook,
  type HostTime,
} from "../model/database-load.ts";
import { adviseNow, type AdviceNow } from "./settle-tuning.ts";

/** How often it is looked, ms: a look takes a good millisecond of one connection. */
const LOOK_MS = 5_000;
/** Looks from one advice to the next: what there is grows by minutes. */
const ADVICE_LOOKS = 12;

/** How a watch works. */
export interface WatchOptions {
  readonly db: TenantDbs;
  readonly clock: Clock;
  readonly log: Log;
  readonly replicas: number;
  /** Whether the database is on this host, whose processors then count. */
  readonly isHere: boolean;
}

/** What it knows. */
export interface DatabaseWatch {
  readonly load: () => DatabaseLoad | undefined;
  /** What the matrix says of what there is now. */
  readonly advice: () => AdviceNow | undefined;
  readonly stop: () => Promise<void>;
}

/** Begins to look. A database that does not answer is looked at again; others say that it does not. */
export function watchDatabase({ db, clock, log, replicas, isHere }: WatchOptions): DatabaseWatch {
  const stopping = new AbortController();
  let looks: readonly DatabaseLook[] = [];
  let advice: AdviceNow | undefined;
  const look = async (nth: number): Promise<void> => {
    const activity = await readActivity(db.across("tuning"));
    const host = isHere ? hostTime() : undefined;
    looks = withLook(looks, { atMs: clock.now(), ...activity, host });
    if (nth % ADVICE_LOOKS === 0) advice = await adviseNow(db, replicas);
  };
  const watching = async (): Promise<void> => {
    for (let nth = 0; !stopping.signal.aborted; nth += 1) {
      await look(nth).catch((thrown: unknown) => {
        log.debug({ error: messageOf(thrown) }, "the database was not looked at");
      });
      await pause(clock, LOOK_MS, stopping.signal);
    }
  };
  const ended = watching();
  return {
    load: () => loadOf(looks),
    advice: () => advice,
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

function hostTime(): HostTime {
  const all = cpus();
  const times = all.map(({ times: { user, nice, sys, idle, irq } }) => ({
    total: user + nice + sys + idle + irq,
    idle,
  }));
  return {
    totalMs: times.reduce((sum, { total }) => sum + total, 0),
    idleMs: times.reduce((sum, { idle }) => sum + idle, 0),
    processors: all.length,
  };
}
