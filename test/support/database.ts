import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { randomHex } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";

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
const open = new Set<() => Promise<void>>();

// Registered when the file is imported, so on the whole run; such hooks run in order of registration, before
// those of the files, which then find their databases closed already.
after(async () => {
  for (const close of open) await close();
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
  await admin.query(`create database ${name} template ${source}`);
  const url = urlOf(name);
  const db = openPool({ address: { url }, max: options.max ?? 4, applicationName: "test", log });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= drop(name, db, admin).finally(() => open.delete(close)));
  open.add(close);
  hooks.after(close);
  return { db, url };
}

async function drop(name: string, db: Db, admin: Db): Promise<void> {
  await db.end();
  await admin.query(`drop database if exists ${name} with (force)`);
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
  const dataDir = await mkdtemp(join(tmpdir(), "serviceradar-test-"));
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
      await rm(embedded.dataDir, { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
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
