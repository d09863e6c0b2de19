import { Pool } from "pg";

import type { Log } from "../lib/log.ts";
import { clientConfig, type DatabaseAddress } from "./connection.ts";
import { toConnectError } from "./pg-error.ts";
import { Session, type Answer, type Parameter, type Queryable } from "./session.ts";

/** How a pool is opened. */
export type PoolOptions = {
  readonly address: DatabaseAddress;
  /** Most connections open at once. */
  readonly max: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly log: Log;
  /** Most time to wait for a free connection, ms; default 30 s, then `db_queue_timeout`. */
  readonly checkoutMaxMs?: number | undefined;
};

const CHECKOUT_MAX_MS = 30_000;
/** Unused connections close after this, ms, so that a quiet core leaves the server's slots to others. */
const IDLE_MAX_MS = 30_000;

/** Connections that work, that rest, and requests that wait for one. */
export interface PoolLoad {
  readonly busy: number;
  readonly idle: number;
  readonly waiting: number;
}

/**
 * A pool of connections to one server. Statements are unnamed, because named ones fail through pgbouncer's
 * transaction pooling and measured no faster. Nothing is connected until the first statement.
 */
export class Db implements Queryable, AsyncDisposable {
  readonly #pool: Pool;
  #ended: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#pool = new Pool({
      ...clientConfig(options.address),
      max: options.max,
      application_name: options.applicationName,
      connectionTimeoutMillis: options.checkoutMaxMs ?? CHECKOUT_MAX_MS,
      idleTimeoutMillis: IDLE_MAX_MS,
    });
    // An idle connection that breaks is replaced by the next check-out; unheard, its error would end the process. While the
    // pool ends, the server that stops after it may be quicker than the connections.
    this.#pool.on("error", (error) => {
      if (this.#ended !== undefined) return;
      options.log.warn({ err: error.message }, "idle connection lost");
    });
  }

  async query<Row = never>(sql: string, parameters?: readonly Parameter[]): Promise<Answer<Row>> {
    await using session = await this.checkOut();
    return await session.query<Row>(sql, parameters);
  }

  /** A connection of one's own, for a transaction or for session state; give it back by `await using`. */
  async checkOut(): Promise<Session> {
    try {
      return new Session(await this.#pool.connect());
    } catch (thrown) {
      throw toConnectError(thrown);
    }
  }

  /** How busy it is now. */
  load(): PoolLoad {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** Closes the pool once everything checked out has come back. May be called again. */
  end(): Promise<void> {
    this.#ended ??= this.#pool.end();
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

/** Opens a pool; throws ConfigError for a URL that cannot be meant. */
export function openPool(options: PoolOptions): Db {
  return new Db(options);
}
