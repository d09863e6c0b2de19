import { DatabaseError } from "pg";

import { messageOf, SyncError, type Retry } from "../lib/errors.ts";

/** Names of PostgreSQL's conditions that callers tell apart; others are "db_" and the SQLSTATE. Source: its appendix A. */
const CONDITIONS: Readonly<Record<string, string>> = {
  "23503": "foreign_key_violation",
  "23505": "unique_violation",
  "25P03": "idle_in_transaction_timeout",
  "28P01": "invalid_password",
  "3D000": "no_such_database",
  "40001": "serialization_failure",
  "40P01": "deadlock_detected",
  "42501": "insufficient_privilege",
  "53100": "disk_full",
  "53300": "too_many_connections",
  "55P03": "lock_not_available",
  "57014": "query_canceled",
  "57P01": "admin_shutdown",
  "57P02": "crash_shutdown",
  "57P03": "cannot_connect_now",
};

/**
 * What another try may mend: lost races (40001, 40P01, 55P03), a session that the server ended or a server that
 * is stopping or starting (57P0x, 25P03, 25P04), a lost connection (08), and resources used up for now (53).
 */
const TRANSIENT = /^(?:40001|40P01|55P03|57P0.|25P0[34]|08...|53...)$/;

/** What Node says when a server cannot be reached or a connection breaks. */
const NETWORK =
  /^(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN|ENOTFOUND|EAI_AGAIN)$/;
/** The driver's plain errors for the same, which carry no code (pg 8.23, pg-pool 3). */
const DISCONNECTED =
  /^(?:Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;
/** A file that may not grow (a limit of its process or file system, EFBIG): PostgreSQL has no condition for it, only the system's words. */
const FILE_TOO_LARGE = /^could not .*: File too large$/;
const DISK_FULL = "53100";
const POOL_ENDED = "Cannot use a pool after calling end on the pool";

/**
 * A driver's error as SyncError with a retry kind by its SQLSTATE, the one place that knows. A SyncError passes
 * through; what is no failure of the database, a bug of ours, is thrown again as it is.
 */
export function toSyncError(thrown: unknown): SyncError {
  if (thrown instanceof SyncError) return thrown;
  if (thrown instanceof DatabaseError) return fromServer(thrown);
  const code = networkCode(thrown);
  if (code !== undefined) return failure(code, "transient", thrown);
  if (messageOf(thrown) === POOL_ENDED) return failure("db_closed", "permanent", thrown);
  throw thrown;
}

/** The same for a failed connection, where also a refused handshake or certificate is no bug of ours. */
export function toConnectError(thrown: unknown): SyncError {
  try {
    return toSyncError(thrown);
  } catch {
    return failure("db_connect_failed", "permanent", thrown);
  }
}

function fromServer(error: DatabaseError): SyncError {
  const state = FILE_TOO_LARGE.test(error.message) ? DISK_FULL : (error.code ?? "");
  const code = `db_${CONDITIONS[state] ?? state.toLowerCase()}`;
  return failure(code, TRANSIENT.test(state) ? "transient" : "permanent", error);
}

function networkCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  // A host with several addresses fails with all of their errors at once.
  const first: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  const code = (first as NodeJS.ErrnoException).code ?? "";
  return NETWORK.test(code) || DISCONNECTED.test(thrown.message) ? "db_unreachable" : undefined;
}

/** A request for a connection that waited too long: in the word that sync-runtime.md has for it, and with what to do about it. */
export function queueTimeout(): SyncError {
  const message =
    "database: queue_timeout: no connection came free in time; raise POOL_SIZE or DATABASE_QUEUE_TARGET_MS";
  return new SyncError("db_queue_timeout", message, { retry: "transient" });
}

function failure(code: string, retry: Retry, cause: unknown): SyncError {
  return new SyncError(code, `database: ${messageOf(cause)}`, { retry, cause });
}
