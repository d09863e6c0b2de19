import { startEmbedded } from "../../src/db/embedded.ts";
import { openPool } from "../../src/db/pool.ts";
import type { Session } from "../../src/db/session.ts";
import { silentLog } from "../../src/lib/log.ts";

/** What PostgreSQL alone took. */
export interface CopyBaseline {
  readonly tables: number;
  readonly rows: number;
  readonly seconds: number;
}

/**
 * Loads what stands in a core's tables into empty tables of the same definition, indexes and checks included: by plain COPY from
 * files on the same disk, one transaction, the server doing nothing else. No program that stores these rows is faster than that
 * by much. The core must have stopped.
 */
export async function copyBaseline(dataDir: string): Promise<CopyBaseline> {
  const log = silentLog();
  await using server = await startEmbedded({ dataDir, explicitDataDir: true, log });
  const address = server.connection;
  await using db = openPool({ address, max: 1, applicationName: "bench", log });
  await using session = await db.checkOut();
  const tables = await exported(session);
  for (const { name } of tables) {
    await session.query(`create table copied.${name} (like sync.${name} including all)`);
  }
  // What the core wrote before must not be flushed within the measured time.
  await session.query("checkpoint");
  const startedMs = performance.now();
  await session.query("begin");
  for (const { name, file } of tables) await session.query(`copy copied.${name} from '${file}'`);
  await session.commit();
  const seconds = (performance.now() - startedMs) / 1_000;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return { tables: tables.length, rows, seconds };
}

type Exported = { readonly name: string; readonly file: string; readonly rows: number };

/** Writes every table that has rows to a file that the server can read. */
async function exported(session: Session): Promise<readonly Exported[]> {
  await session.query("create schema copied");
  const { rows } = await session.query<{ name: string; folder: string }>(
    `select relname as name, current_setting('data_directory') as folder from pg_class
      where relnamespace = 'sync'::regnamespace and relkind = 'r' order by relname`,
  );
  const all: Exported[] = [];
  for (const { name, folder } of rows) {
    const file = `${folder}/bench-${name}.copy`;
    const { count } = await session.query(`copy sync.${name} to '${file}'`);
    if (count > 0) all.push({ name, file, rows: count });
  }
  return all;
}
