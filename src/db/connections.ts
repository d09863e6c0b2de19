import { Pool, type PoolClient } from "pg";

import { pause, systemClock, type Clock } from "../lib/clock.ts";
import { invariant } from "../lib/invariant.ts";
import type { Log } from "../lib/log.ts";
import { CheckoutQueue, type Dropped, type QueueLimits } from "./checkout-queue.ts";
import { clientConfig, type DatabaseAddress } from "./connection.ts";
import { queueTimeout, toConnectError } from "./pg-error.ts";
import { nextPoolSize } from "./pool-size.ts";
import { Session } from "./session.ts";

/** How a pool is opened. */
export type PoolOptions = {
  readonly address: DatabaseAddress;
  /** Most connections open at once. */
  readonly max: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly log: Log;
  /** When a request that waits for a connection fails with `db_queue_timeout`; default: QUEUE_LIMITS_DEFAULT. */
  readonly queue?: QueueLimits | undefined;
  readonly clock?: Clock | undefined;
};

/** The document's smallest row. */
export const QUEUE_LIMITS_DEFAULT: QueueLimits = { targetMs: 2_000, intervalMs: 2_000 };

/** Unused connections close after this, ms, so that a quiet core leaves the server's slots to others. */
const IDLE_MAX_MS = 30_000;

/** How busy a pool is. */
export interface PoolLoad {
  /** Connections that it may open at once. */
  readonly size: number;
  /** Connections that work. */
  readonly busy: number;
  /** Open connections that rest. */
  readonly idle: number;
  /** Requests that wait for one. */
  readonly waiting: number;
  /** The least that a request waited in the last interval, ms. */
  readonly delayMs: number;
  /** Requests that failed with `db_queue_timeout` since the start. */
  readonly timeouts: number;
}

/** What a pool may do, once the server was asked what it can give. */
export interface PoolLimits {
  readonly queue: QueueLimits;
  /** Connections that it begins with. */
  readonly least: number;
  /** Connections that it may grow to. */
  readonly most: number;
}

type Waiter = { readonly resolve: () => void; readonly reject: (error: Error) => void };

/** The connections of one pool, and who waits for them. Nothing is connected until the first statement. */
export class Connections {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  #limits: QueueLimits;
  #queue: CheckoutQueue<Waiter>;
  /** Check-outs that are allowed at once; the driver's pool never sees more. */
  #size: number;
  /** Where the size may go by itself. */
  #range: { readonly least: number; readonly most: number };
  #taken = 0;
  #timeouts = 0;
  #calmIntervals = 0;
  #isWatching = false;
  #ended: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    const { max, clock = systemClock, queue = QUEUE_LIMITS_DEFAULT } = options;
    this.#pool = new Pool({
      ...clientConfig(options.address),
      max,
      application_name: options.applicationName,
      idleTimeoutMillis: IDLE_MAX_MS,
    });
    this.#clock = clock;
    this.#limits = queue;
    this.#queue = new CheckoutQueue(queue, clock.now());
    this.#size = max;
    this.#range = { least: max, most: max };
    // An idle connection that breaks is replaced by the next check-out; unheard, its error would end the process. While the
    // pool ends, the server that stops after it may be quicker than the connections.
    this.#pool.on("error", (error) => {
      if (this.#ended !== undefined) return;
      options.log.warn({ err: error.message }, "idle connection lost");
    });
  }

  /** A connection of one's own, for a transaction or for session state; give it back by `await using`. */
  async checkOut(): Promise<Session> {
    await this.#turn();
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (thrown) {
      this.#giveBack();
      throw toConnectError(thrown);
    }
    return new Session(client, () => this.#giveBack());
  }

  /** How busy it is now. */
  load(): PoolLoad {
    const { totalCount, idleCount } = this.#pool;
    return {
      size: this.#size,
      busy: totalCount - idleCount,
      idle: idleCount,
      waiting: this.#queue.length,
      delayMs: this.#queue.delayMs,
      timeouts: this.#timeouts,
    };
  }

  /**
   * Takes other limits. `most` above `least` lets the size follow what is waited for (pool-size.ts). Nobody may wait yet: it is for
   * a start that must ask the server what it can give.
   */
  retune(to: PoolLimits): void {
    invariant(this.#queue.length === 0, "a pool is retuned before it is asked for much");
    this.#limits = to.queue;
    this.#queue = new CheckoutQueue(to.queue, this.#clock.now());
    this.#range = { least: to.least, most: to.most };
    this.#resize(to.least);
  }

  #resize(size: number): void {
    this.#size = size;
    this.#pool.options.max = size;
    while (this.#taken < this.#size && this.#passOn());
  }

  #turn(): Promise<void> {
    if (this.#taken < this.#size) {
      this.#taken += 1;
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.join({ resolve, reject }, this.#clock.now());
    void this.#watch();
    return promise;
  }

  #giveBack(): void {
    this.#taken -= 1;
    // A pool that shrinks hands on no more than it still may.
    if (this.#taken < this.#size) this.#passOn();
  }

  /** Lets whoever is first have a connection. False where nobody waits. */
  #passOn(): boolean {
    const { next, dropped } = this.#queue.free(this.#clock.now());
    this.#refuse(dropped);
    if (next === undefined) return false;
    this.#taken += 1;
    next.resolve();
    return true;
  }

  #refuse(dropped: readonly Dropped<Waiter>[]): void {
    this.#timeouts += dropped.length;
    for (const { request } of dropped) request.reject(queueTimeout());
  }

  /** Looks once an interval for as long as somebody waits, or more connections are allowed than at the start. */
  async #watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { signal } = this.#ending;
    while (!signal.aborted && (this.#queue.length > 0 || this.#size > this.#range.least)) {
      await pause(this.#clock, this.#limits.intervalMs, signal);
      this.#refuse(this.#queue.look(this.#clock.now()));
      this.#adapt();
    }
    this.#isWatching = false;
  }

  #adapt(): void {
    const { delayMs, length } = this.#queue;
    this.#calmIntervals = length === 0 && delayMs === 0 ? this.#calmIntervals + 1 : 0;
    const { targetMs } = this.#limits;
    const demand = { ...this.#range, size: this.#size, delayMs, targetMs };
    const size = nextPoolSize({ ...demand, calmIntervals: this.#calmIntervals });
    if (size !== this.#size) this.#resize(size);
  }

  /** Closes the pool once everything checked out has come back. May be called again. */
  end(): Promise<void> {
    this.#ending.abort();
    this.#ended ??= this.#pool.end();
    return this.#ended;
  }
}
