import { invariant } from "../lib/invariant.ts";
import type { Db } from "./pool.ts";
import { tenantCopy } from "./scope.ts";
import type { Answer, CopySource, Parameter, Queryable, Session } from "./session.ts";

/** An open transaction; using it after its end is a bug. */
export interface Tx extends Queryable {
  /** Whose it is; undefined for one that sees all tenants. */
  readonly tenant: number | undefined;
  /**
   * Feeds a `copy … from stdin` with the source's bytes, rows in the format that the statement names, and gives
   * their count. Reads the source no faster than the server takes it; when the source throws, so does this. Within a
   * tenant the statement lists its columns without `tenant`, which the database fills in (scope.ts). `made` resolves when all of the
   * source is made, sent or not: from then on this thread has time (hearMany).
   */
  copyFrom(sql: string, source: CopySource, made?: Promise<unknown>): Promise<number>;
  /**
   * From now on `hear` is told when the database has a statement of many rows to do, and when it has done it: meanwhile this thread has
   * time for something else. One at a time hears.
   */
  hearMany(hear: ((isUnderWay: boolean) => void) | undefined): void;
}

/** How a transaction runs; the default is PostgreSQL's read committed. */
export type TxOptions = {
  readonly isolation?: "repeatable read" | "serializable" | undefined;
  readonly readOnly?: boolean | undefined;
  /** Rolls back also when `work` resolves: what it did is only looked at. */
  readonly isRehearsal?: boolean | undefined;
  /** Looked at between statements: an abort rolls back. A running statement is not interrupted. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Runs `work` in one transaction and commits when it resolves; when it throws, rolls back and throws the same.
 * Tries nothing again: the loop that owns the work does, by the error's retry kind. Besides what statements throw:
 * `db_tx_failed` where work hid a failed statement, `db_commit_unknown` for a connection lost while committing.
 */
export async function tx<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  options: TxOptions = {},
): Promise<T> {
  options.signal?.throwIfAborted();
  await using session = await db.checkOut();
  const open = new OpenTx(session, { signal: options.signal, tenant: db.tenant });
  let value: T;
  try {
    await session.query(beginStatement(options) + db.opening);
    value = await work(open);
    options.signal?.throwIfAborted();
  } catch (thrown) {
    await session.rollBack();
    throw thrown;
  } finally {
    open.close();
  }
  if (options.isRehearsal === true) await session.rollBack();
  else await session.commit();
  return value;
}

function beginStatement({ isolation, readOnly }: TxOptions): string {
  const level = isolation === undefined ? "" : ` isolation level ${isolation}`;
  return `begin${level}${readOnly === true ? " read only" : ""}`;
}

type OpenTxOptions = {
  readonly signal: AbortSignal | undefined;
  readonly tenant: number | undefined;
};

class OpenTx implements Tx {
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  readonly tenant: number | undefined;
  #isOpen = true;

  constructor(session: Session, { signal, tenant }: OpenTxOptions) {
    this.#session = session;
    this.#signal = signal;
    this.tenant = tenant;
  }

  async query<Row = never>(sql: string, parameters?: readonly Parameter[]): Promise<Answer<Row>> {
    this.#check();
    return await this.#session.query<Row>(sql, parameters);
  }

  async copyFrom(sql: string, source: CopySource, made?: Promise<unknown>): Promise<number> {
    this.#check();
    const copy = this.tenant === undefined ? sql : tenantCopy(sql);
    return await this.#session.copyFrom(copy, source, made);
  }

  hearMany(hear: ((isUnderWay: boolean) => void) | undefined): void {
    this.#session.hearMany = hear;
  }

  #check(): void {
    invariant(this.#isOpen, "a transaction was used after its end");
    this.#signal?.throwIfAborted();
  }

  close(): void {
    this.#isOpen = false;
  }
}
