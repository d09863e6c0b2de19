import { mkdtemp, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

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

/** What a test context and the module node:test have in common. */
type Hooks = { readonly after: (end: () => Promise<void>) => void };
type Options = {
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

// Registered when the file is imported, so on the whole run; such hooks run in order of registration, before
// those of the files, which then find their databases closed already.
after(async () => {
  for (const close of closes) await close();
  await Promise.all(drops);
  await (await server)?.stop();
  server = undefined;
  template = undefined;
});

/**
 * A fresh database with our schema, cloned from a template that is migrated once a run; dropped after the test, or
 * with `freshDatabase({ after })` after all tests of the run. The server is PostgreSQL 18 from node_modules,
 * started on first use without fsync, or the one that SERVICERADAR_TEST_DATABASE_URL names.
 */
export async function freshDatabase(hooks: Hooks, options: Options = {}): Promise<TestDatabase> {
  server ??=
    process.env["SERVICERADAR_TEST_DATABASE_URL"] === undefined
      ? embeddedServer()
      : outsideServer();
  const { admin, urlOf } = await server;
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
  hooks.after(close);
  return { db, url };
}

/** Goes on behind the tests, because it takes twice as long as making one; awaited at the end of the run. */
function drop(name: string, admin: Db): void {
  drops.push(admin.query(`drop database if exists ${name} with (force)`));
}

async function migratedTemplate(admin: Db, urlOf: Server["urlOf"]): Promise<string> {
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
async function quickFolder(): Promise<string> {
  const memory = await statfs(MEMORY).catch(() => undefined);
  return memory !== undefined && memory.bavail * memory.bsize > MEMORY_MIN_BYTES
    ? MEMORY
    : tmpdir();
}

function outsideServer(): Promise<Server> {
  const base = process.env["SERVICERADAR_TEST_DATABASE_URL"] ?? "";
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
