import { Pool } from "pg";

import { invariant } from "../lib/invariant.ts";
import type { Log } from "../lib/log.ts";
import { clientConfig, type DatabaseAddress } from "./connection.ts";
import { toConnectError } from "./pg-error.ts";
import { openingOf, type Door } from "./scope.ts";
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
 * A database of many tenants, for a part that serves them all: what is asked is asked within one tenant, where a forgotten filter
 * shows nothing of another, or through a door that says why it looks over all.
 */
export interface TenantDbs {
  /** The database as one tenant has it. */
  forTenant(tenant: number): Db;
  /** The database as its owner has it. */
  across(door: Door): Db;
  /** How busy its connections are now. */
  load(): PoolLoad;
}

/**
 * A pool of connections to one server, with the rights of who logged in, or of one tenant. Statements are unnamed, because named
 * ones fail through pgbouncer's transaction pooling and measured no faster. Nothing is connected until the first statement.
 */
export class Db implements Queryable, TenantDbs, AsyncDisposable {
  readonly #connections: Connections;
  readonly #tenant: number | undefined;
  /** Statements that every transaction begins with: none for who sees all. */
  readonly opening: string;

  constructor(connections: Connections, tenant?: number) {
    this.#connections = connections;
    this.#tenant = tenant;
    this.opening = tenant === undefined ? "" : openingOf(tenant);
  }

  forTenant(tenant: number): Db {
    if (this.#tenant === tenant) return this;
    invariant(this.#tenant === undefined, `work of tenant ${this.#tenant} asked for ${tenant}`);
    return new Db(this.#connections, tenant);
  }

  across(door: Door): Db {
    invariant(this.#tenant === undefined, `work of tenant ${this.#tenant} asked for all (${door})`);
    return this;
  }

  async query<Row = never>(sql: string, parameters?: readonly Parameter[]): Promise<Answer<Row>> {
    await using session = await this.checkOut();
    if (this.opening === "") return await session.query<Row>(sql, parameters);
    try {
      await session.query(`begin${this.opening}`);
      const answer = await session.query<Row>(sql, parameters);
      await session.commit();
      return answer;
    } catch (thrown) {
      await session.rollBack();
      throw thrown;
    }
  }

  /** A connection of one's own, for a transaction or for session state; give it back by `await using`. */
  async checkOut(): Promise<Session> {
    try {
      return new Session(await this.#connections.pool.connect());
    } catch (thrown) {
      throw toConnectError(thrown);
    }
  }

  /** How busy it is now. */
  load(): PoolLoad {
    const { totalCount, idleCount, waitingCount } = this.#connections.pool;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** Closes the pool once everything checked out has come back. May be called again. */
  end(): Promise<void> {
    this.#connections.ended ??= this.#connections.pool.end();
    return this.#connections.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

/** What all handles of one pool share. */
type Connections = { readonly pool: Pool; ended: Promise<void> | undefined };

/** Opens a pool; throws ConfigError for a URL that cannot be meant. */
export function openPool(options: PoolOptions): Db {
  const pool = new Pool({
    ...clientConfig(options.address),
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.checkoutMaxMs ?? CHECKOUT_MAX_MS,
    idleTimeoutMillis: IDLE_MAX_MS,
  });
  const connections: Connections = { pool, ended: undefined };
  // An idle connection that breaks is replaced by the next check-out; unheard, its error would end the process. While the
  // pool ends, the server that stops after it may be quicker than the connections.
  pool.on("error", (error) => {
    if (connections.ended !== undefined) return;
    options.log.warn({ err: error.message }, "idle connection lost");
  });
  return new Db(connections);
}
