import { pipeline } from "node:stream/promises";

import type { PoolClient } from "pg";
import { from as copyStream } from "pg-copy-streams";

import { SyncError } from "../lib/errors.ts";
import { encoded } from "./array-text.ts";
import { toSyncError } from "./pg-error.ts";

/** The rows of a statement and how many it returned or changed. */
export interface Answer<Row> {
  readonly rows: readonly Row[];
  readonly count: number;
}

/** A value for $1, $2, …: undefined is null, an array a PostgreSQL array, an object json, a Buffer bytea. */
export type Parameter = unknown;

/** What statements run on: a pool (each by itself), a session or a transaction. */
export interface Queryable {
  /**
   * Runs one statement. Values come back as row-values.ts says; times go in as isoTime(ms). `Row` is what the
   * statement selects, unchecked. Several statements without parameters answer with the last one's rows.
   * Throws SyncError by pg-error.ts.
   */
  query<Row = never>(sql: string, parameters?: readonly Parameter[]): Promise<Answer<Row>>;
}

/** What of the driver's result is used; several statements give an array of them. */
type Outcome = {
  readonly rows: readonly unknown[];
  readonly rowCount: number | null;
  readonly command: string;
};
const NOTHING: Outcome = { rows: [], rowCount: 0, command: "" };

/** What a COPY is fed with, read no faster than the server takes it. */
export type CopySource = AsyncIterable<Buffer | string>;
const MADE = Promise.resolve();

/** Elements of an array from which on a statement is one of many rows: some milliseconds of the database's time. */
const MANY_ELEMENTS = 250;

function hasMany(parameters: readonly Parameter[]): boolean {
  return parameters.some((value) => Array.isArray(value) && value.length >= MANY_ELEMENTS);
}

/** One connection, checked out of the pool until disposed. */
export class Session implements Queryable, AsyncDisposable {
  readonly #client: PoolClient;
  readonly #onReleased: () => void;
  #isBroken = false;
  /** Resolves when the statement that was given last is over: one at a time is under way, in the order in which they were given. */
  #turn: Promise<unknown> = Promise.resolve();
  /** See Tx.hearMany. */
  hearMany: ((isUnderWay: boolean) => void) | undefined;

  constructor(client: PoolClient, onReleased: () => void) {
    this.#client = client;
    this.#onReleased = onReleased;
    // The pool listens only while a connection rests; without this a server that ends it between two
    // statements would end the process.
    client.on("error", this.#onError);
  }

  readonly #onError = (): void => {
    this.#isBroken = true;
  };

  async query<Row = never>(
    sql: string,
    parameters: readonly Parameter[] = [],
  ): Promise<Answer<Row>> {
    const run = (): Promise<Outcome> => this.#run(sql, parameters);
    const isOfMany = hasMany(parameters);
    const { rows, rowCount } = await this.#inTurn(() => (isOfMany ? this.#heard(run) : run()));
    return { rows: rows as Row[], count: rowCount ?? 0 };
  }

  /** Heard from when all that it takes is made: until then whatever else this thread did would keep the database waiting. */
  async #heard<T>(run: () => Promise<T>, made: Promise<unknown> = MADE): Promise<T> {
    const running = run();
    let isOver = false;
    const tell = async (): Promise<void> => {
      await made;
      if (!isOver) this.hearMany?.(true);
    };
    void tell();
    try {
      return await running;
    } finally {
      isOver = true;
      this.hearMany?.(false);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const own = this.#turn.then(work);
    this.#turn = own.catch(() => {});
    return own;
  }

  async #run(sql: string, parameters: readonly Parameter[] = []): Promise<Outcome> {
    try {
      const result: Outcome | Outcome[] = await this.#client.query(sql, parameters.map(encoded));
      return [result].flat().at(-1) ?? NOTHING;
    } catch (thrown) {
      throw toSyncError(thrown);
    }
  }

  /**
   * Commits. PostgreSQL answers the commit of a failed transaction with "ROLLBACK" and no error: thrown here as
   * `db_tx_failed`. A connection lost meanwhile leaves the outcome unknown: `db_commit_unknown`, transient,
   * so what is tried again must find out by its own keys.
   */
  async commit(): Promise<void> {
    const { command } = await this.#inTurn(() => this.#run("commit")).catch((thrown: unknown) => {
      throw isLost(thrown) ? commitUnknown(thrown) : thrown;
    });
    if (command === "COMMIT") return;
    throw new SyncError("db_tx_failed", "a statement had failed, so nothing was committed", {
      retry: "permanent",
    });
  }

  /** See Tx.copyFrom. The copy may stand between other statements that give no rows. */
  copyFrom(sql: string, source: CopySource, made?: Promise<unknown>): Promise<number> {
    return this.#inTurn(() => this.#heard(() => this.#feed(sql, source), made));
  }

  async #feed(sql: string, source: CopySource): Promise<number> {
    const copy = this.#client.query(copyStream(sql));
    try {
      await pipeline(source, copy);
      return copy.rowCount;
    } catch (thrown) {
      throw toSyncError(thrown);
    }
  }

  /** Rolls back; a connection that cannot even do that is closed, which rolls back too. */
  async rollBack(): Promise<void> {
    await this.#inTurn(() => this.#client.query("rollback")).catch(this.#onError);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#client.off("error", this.#onError);
    this.hearMany = undefined;
    this.#client.release(this.#isBroken);
    this.#onReleased();
    return Promise.resolve();
  }
}

const LOST = /^db_(?:unreachable|admin_shutdown|crash_shutdown|08...|57p..)$/;

function isLost(thrown: unknown): boolean {
  return thrown instanceof SyncError && LOST.test(thrown.code);
}

function commitUnknown(cause: unknown): SyncError {
  return new SyncError("db_commit_unknown", "the connection was lost while committing", {
    retry: "transient",
    cause,
  });
}
