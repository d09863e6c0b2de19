import { invariant } from "../lib/invariant.ts";
import { Connections, type PoolLimits, type PoolLoad, type PoolOptions } from "./connections.ts";
import { openingOf, type Door } from "./scope.ts";
import type { Answer, Parameter, Queryable, Session } from "./session.ts";

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
  /** Whom it is restricted to; undefined for who sees all. */
  readonly tenant: number | undefined;
  /** Statements that every transaction begins with: none for who sees all. */
  readonly opening: string;

  constructor(connections: Connections, tenant?: number) {
    this.#connections = connections;
    this.tenant = tenant;
    this.opening = tenant === undefined ? "" : openingOf(tenant);
  }

  forTenant(tenant: number): Db {
    if (this.tenant === tenant) return this;
    invariant(this.tenant === undefined, `work of tenant ${this.tenant} asked for ${tenant}`);
    return new Db(this.#connections, tenant);
  }

  across(door: Door): Db {
    invariant(this.tenant === undefined, `work of tenant ${this.tenant} asked for all (${door})`);
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
    return await this.#connections.checkOut();
  }

  /** How busy it is now. */
  load(): PoolLoad {
    return this.#connections.load();
  }

  /** Takes other limits; see Connections. */
  retune(to: PoolLimits): void {
    this.#connections.retune(to);
  }

  /** Closes the pool once everything checked out has come back. May be called again. */
  end(): Promise<void> {
    return this.#connections.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

/** Opens a pool; throws ConfigError for a URL that cannot be meant. */
export function openPool(options: PoolOptions): Db {
  return new Db(new Connections(options));
}
