import { rmSync } from "node:fs";

import { Client, DatabaseError } from "pg";

import { pause, systemClock, type Clock } from "../lib/clock.ts";
import { messageOf, type SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { CLUSTER_USER, openCluster, syncCluster } from "./cluster.ts";
import { clientConfig, type SocketAddress } from "./connection.ts";
import { openDataDir, type DataDir } from "./data-dir.ts";
import { lockFolder } from "./folder-lock.ts";
import { stopOrphan } from "./orphan.ts";
import { toConnectError } from "./pg-error.ts";
import { serverSettings, settingArguments } from "./postgres-settings.ts";
import { Postmaster } from "./postmaster.ts";
import { stagedPrograms, syncPrograms } from "./programs.ts";
import { socketDir } from "./socket-dir.ts";

/** What an embedded start needs. */
export type EmbeddedOptions = {
  readonly dataDir: string;
  /** Whether somebody named the folder: then it is used or refused, never moved. */
  readonly explicitDataDir: boolean;
  readonly log: Log;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  /** PostgreSQL's page cache; default RAM / 8, at most 1 GB. */
  readonly sharedBuffersBytes?: number | undefined;
  /** Resolve before a new database is on the disk: then wait for `durable` before anything is called kept. */
  readonly isEarly?: boolean | undefined;
  /** For tests only: committed rows are lost in a power cut. */
  readonly unsafeNoFsync?: boolean | undefined;
};

/** A running embedded server. Close all pools before `stop()`. */
export interface Embedded extends AsyncDisposable {
  readonly connection: SocketAddress;
  /** Where the data is; not what was asked for if that was closed to the service user. */
  readonly dataDir: string;
  /** Resolves once what a power cut leaves is a database: at once, but at a first start. */
  readonly durable: Promise<void>;
  /** Resolves, with a message to end on, when the server has gone unasked. Stays pending otherwise. */
  readonly crashed: Promise<SyncError>;
  /** Fast stop: open transactions are rolled back, everything committed is on disk. May be called again. */
  stop(): Promise<void>;
}

const DATABASE = "serviceradar";
/** The port is only part of the socket's name. */
const PORT = 5432;
/** SQLSTATE invalid_catalog_name. */
const NO_SUCH_DATABASE = "3D000";
/** How often to try a connection while the server starts, ms. */
const TRY_MS = 5;
/** How long recovery may take before something must be wrong, ms: 4 GB of WAL at a slow disk's 10 MB/s, doubled. */
const START_MAX_MS = 900_000;

/**
 * Starts PostgreSQL 18 on a socket in `dataDir`, which it creates on the first start. Resolves when a connection
 * succeeds and, unless `isEarly`, a new database is on the disk. Measured (2 cores, quiet disk): 0.12 to 0.17 s; a first start
 * takes initdb's 0.6 s more, and 0.2 s where the programs are not unpacked yet; a fast stop 0.03 to 0.06 s. Throws ConfigError for a folder that cannot be used (--data-dir),
 * SyncError `data_dir_busy` while another core runs in it, `initdb_failed` or `postgres_ended` with the last lines
 * of output.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  options.signal?.throwIfAborted();
  const dataDir = openDataDir({
    ...options,
    dir: options.dataDir,
    explicit: options.explicitDataDir,
  });
  const lock = await lockFolder(dataDir.path);
  try {
    const { postmaster, connection, durable, leave } = await startLocked(options, dataDir);
    const stop = async (): Promise<void> => {
      await leave();
      await postmaster.stop().finally(() => {
        rmSync(connection.host, { recursive: true, force: true });
        lock.release();
      });
    };
    return {
      connection,
      dataDir: dataDir.path,
      durable,
      crashed: crashOf(postmaster),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

type Running = { readonly postmaster: Postmaster; readonly connection: SocketAddress };
type Started = Running & ToDisk;

async function startLocked(options: EmbeddedOptions, dataDir: DataDir): Promise<Started> {
  const { log, signal, clock = systemClock } = options;
  const startedMs = clock.now();
  const programs = stagedPrograms(dataDir);
  const sync = options.unsafeNoFsync !== true;
  const password = await openCluster({ dataDir, programs, sync, signal });
  await stopOrphan(dataDir.clusterDir, { clock, log, signal });
  const host = socketDir(dataDir);
  const connection = { host, port: PORT, user: CLUSTER_USER, password, database: DATABASE };
  const settings = settingArguments(serverSettings({ ...options, socketDir: host }));
  const toDisk = bringToDisk(dataDir, programs, log);
  const postmaster = new Postmaster({ programs, dataDir, settings, log, clock });
  try {
    await untilReady({ postmaster, connection, clock, signal });
    if (options.isEarly !== true) await toDisk.durable;
  } catch (thrown) {
    await toDisk.leave();
    await postmaster.stop();
    throw thrown;
  }
  log.info({ data_dir: dataDir.path, ms: clock.now() - startedMs }, "embedded postgres ready");
  return { postmaster, connection, ...toDisk };
}

type ToDisk = {
  readonly durable: Promise<void>;
  /** Ends what still goes to the disk; the next start goes on with it. */
  readonly leave: () => Promise<void>;
};

/** Beside the server's start: first the cluster, which somebody waits for, then the programs. */
function bringToDisk(dataDir: DataDir, programs: string, log: Log): ToDisk {
  const leaving = new AbortController();
  const durable = syncCluster(dataDir, leaving.signal);
  const all = durable
    .then(() => syncPrograms(programs, leaving.signal))
    .catch((thrown: unknown) => {
      if (!leaving.signal.aborted) log.warn({ error: messageOf(thrown) }, "not on the disk yet");
    });
  const leave = async (): Promise<void> => {
    leaving.abort();
    await all;
  };
  return { durable, leave };
}

type Waiting = Running & { readonly clock: Clock; readonly signal: AbortSignal | undefined };

/**
 * Ready means that a connection succeeds; log texts change. A refusal that waiting does not mend, such as a
 * wrong password, ends the start at once.
 */
async function untilReady({ postmaster, connection, clock, signal }: Waiting): Promise<void> {
  const endMs = clock.now() + START_MAX_MS;
  for (;;) {
    signal?.throwIfAborted();
    const outcome = await Promise.race([
      postmaster.ended,
      ensureDatabase(connection).catch(toConnectError),
    ]);
    if (outcome === undefined) return;
    if (outcome.code === "postgres_ended") throw outcome;
    if (outcome.retry !== "transient" || clock.now() > endMs) throw outcome;
    await pause(clock, TRY_MS, signal);
  }
}

async function ensureDatabase(address: SocketAddress): Promise<void> {
  try {
    await runOnce(address, "select 1");
  } catch (thrown) {
    if (!(thrown instanceof DatabaseError && thrown.code === NO_SUCH_DATABASE)) throw thrown;
    // initdb's own empty database takes our name: that is at once, while a new copy of it takes 0.3 s.
    const rename = `alter database postgres rename to ${address.database}`;
    await runOnce({ ...address, database: "template1" }, rename);
  }
}

async function runOnce(address: SocketAddress, sql: string): Promise<void> {
  const client = new Client(clientConfig(address));
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function crashOf(postmaster: Postmaster): Promise<SyncError> {
  const error = await postmaster.ended;
  return postmaster.isStopping ? await new Promise<never>(() => {}) : error;
}
