/** Databases for tests, of one server that is started on first use. Imports no node:test, whose hooks make every promise of a process dearer. */
import { mkdtemp, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { randomHex } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { removeFolder } from "./remove-folder.ts";

/** A database of a test's own. */
export interface TestDatabase {
  readonly db: Db;
  /** For a second pool or another process; holds a password. */
  readonly url: string;
}

/** A database and its end. */
interface MadeDatabase extends TestDatabase {
  readonly close: () => Promise<void>;
}

/** How a database is made. */
export type DatabaseOptions = {
  /** Most connections of `db`. */
  readonly max?: number;
  /** False for a database without our schema. */
  readonly migrated?: boolean;
};

const log = silentLog();
const MEMORY = "/dev/shm";
/** A whole run keeps less than a tenth of it; containers often have 64 MB there. */
const MEMORY_MIN_BYTES = 4 * 1024 ** 3;
/** Names of this process's databases begin so: an outside server may serve several runs at once. */
const PREFIX = `serviceradar_test_${process.pid}_${randomHex(3)}`;
const TEMPLATE = `${PREFIX}_template`;
/** Where another process's server is and what of it is migrated already, in the environment of a process that shares it. */
const SHARED_URL = "SERVICERADAR_TEST_DATABASE_URL";
const SHARED_TEMPLATE = "SERVICERADAR_TEST_TEMPLATE";

type Server = {
  readonly admin: Db;
  urlOf: (database: string) => string;
  stop: () => Promise<void>;
};
let server: Promise<Server> | undefined;
let template: Promise<string> | undefined;
let made = 0;
const closes = new Set<() => Promise<void>>();
const drops: Promise<unknown>[] = [];

/** Ends what this process made, in the order that PostgreSQL asks for. */
export async function endServer(): Promise<void> {
  for (const close of closes) await close();
  await Promise.all(drops);
  await (await server)?.stop();
  server = undefined;
  template = undefined;
}

/** A fresh database as `freshDatabase` of database.ts gives it; `close` also drops it. */
export async function makeDatabase(options: DatabaseOptions = {}): Promise<MadeDatabase> {
  const { admin, urlOf } = await (server ??= startServer());
  const source =
    options.migrated === false ? "template0" : await (template ??= migratedTemplate(admin, urlOf));
  const name = `${PREFIX}_${(made += 1)}`;
  // Copying files takes a tenth of the default, which goes through the WAL.
  await admin.query(`create database ${name} template ${source} strategy file_copy`);
  const url = urlOf(name);
  const db = openPool({ address: { url }, max: options.max ?? 4, applicationName: "test", log });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= db.end().then(() => drop(name, admin)));
  closes.add(close);
  return { db, url, close };
}

/**
 * The environment in which other processes make their databases of this one's server and of its template: Deno loads every file
 * afresh, and a server with our schema takes 2 s of CPU. Lasts until `endServer`.
 */
export async function sharedDatabase(): Promise<Readonly<Record<string, string>>> {
  const { admin, urlOf } = await (server ??= startServer());
  const name = await (template ??= migratedTemplate(admin, urlOf));
  const { rows } = await admin.query<{ own: string }>("select current_database() as own");
  return { [SHARED_URL]: urlOf(rows[0]?.own ?? ""), [SHARED_TEMPLATE]: name };
}

function startServer(): Promise<Server> {
  return process.env[SHARED_URL] === undefined ? embeddedServer() : outsideServer();
}

/** Goes on behind the tests, because it takes twice as long as making one; awaited at the end of the run. */
function drop(name: string, admin: Db): void {
  drops.push(admin.query(`drop database if exists ${name} with (force)`));
}

async function migratedTemplate(admin: Db, urlOf: Server["urlOf"]): Promise<string> {
  const shared = process.env[SHARED_TEMPLATE];
  if (shared !== undefined) return shared;
  await admin.query(`create database ${TEMPLATE} template template0`);
  await using db = openPool({
    address: { url: urlOf(TEMPLATE) },
    max: 1,
    applicationName: "test",
    log,
  });
  await migrate(db, { log });
  return TEMPLATE;
}

async function embeddedServer(): Promise<Server> {
  const dataDir = await mkdtemp(join(await quickFolder(), "serviceradar-test-"));
  const embedded = await startEmbedded({
    dataDir,
    explicitDataDir: false,
    log,
    sharedBuffersBytes: 64 * 1024 ** 2,
    unsafeNoFsync: true,
  });
  const { host, user, password } = embedded.connection;
  const admin = openPool({ address: embedded.connection, max: 2, applicationName: "test", log });
  return {
    admin,
    urlOf: (database) =>
      `postgresql://${user}:${password.reveal()}@${encodeURIComponent(host)}/${database}`,
    stop: async () => {
      await admin.end();
      await embedded.stop();
      await removeFolder(embedded.dataDir);
      await removeFolder(dataDir);
    },
  };
}

/** Memory where there is plenty: a database is made there in 12 ms, on a busy disk in 80 to 440. */
export async function quickFolder(): Promise<string> {
  const memory = await statfs(MEMORY).catch(() => undefined);
  return memory !== undefined && memory.bavail * memory.bsize > MEMORY_MIN_BYTES
    ? MEMORY
    : tmpdir();
}

function outsideServer(): Promise<Server> {
  const base = process.env[SHARED_URL] ?? "";
  const admin = openPool({ address: { url: base }, max: 2, applicationName: "test", log });
  return Promise.resolve({
    admin,
    urlOf: (database) => {
      const url = new URL(base);
      url.pathname = `/${database}`;
      return url.href;
    },
    stop: async () => {
      await admin.query(`drop database if exists ${TEMPLATE} with (force)`);
      await admin.end();
    },
  });
}
