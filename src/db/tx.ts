import { invariant } from "../lib/invariant.ts";
import type { Db } from "./pool.ts";
import { checkTenantCopy, LEAVE_ROLE, TAKE_ROLE } from "./scope.ts";
import type { Answer, Parameter, Queryable, Session } from "./session.ts";

/** An open transaction; using it after its end is a bug. */
export interface Tx extends Queryable {
  /**
   * Feeds a `copy … from stdin` with the source's bytes, rows in the format that the statement names, and gives
   * their count. Reads the source no faster than the server takes it; when the source throws, so does this. Within a
   * tenant the statement lists its columns without `tenant`, which the database fills in (scope.ts).
   */
  copyFrom(sql: string, source: AsyncIterable<Buffer | string>): Promise<number>;
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
  const open = new OpenTx(session, { signal: options.signal, isOfTenant: db.opening !== "" });
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

type OpenTxOptions = { readonly signal: AbortSignal | undefined; readonly isOfTenant: boolean };

class OpenTx implements Tx {
  readonly #session: Session;
  readonly #signal: AbortSignal | undefined;
  readonly #isOfTenant: boolean;
  #isOpen = true;

  constructor(session: Session, { signal, isOfTenant }: OpenTxOptions) {
    this.#session = session;
    this.#signal = signal;
    this.#isOfTenant = isOfTenant;
  }

  async query<Row = never>(sql: string, parameters?: readonly Parameter[]): Promise<Answer<Row>> {
    this.#check();
    return await this.#session.query<Row>(sql, parameters);
  }

  async copyFrom(sql: string, source: AsyncIterable<Buffer | string>): Promise<number> {
    this.#check();
    if (!this.#isOfTenant) return await this.#session.copyFrom(sql, source);
    checkTenantCopy(sql);
    return await this.#session.copyFrom(sql, source, { before: LEAVE_ROLE, after: TAKE_ROLE });
  }

  #check(): void {
    invariant(this.#isOpen, "a transaction was used after its end");
    this.#signal?.throwIfAborted();
  }

  close(): void {
    this.#isOpen = false;
  }
}
