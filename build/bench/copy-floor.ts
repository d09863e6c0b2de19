/**
 * What PostgreSQL alone takes for the rows that a load left: COPY into an empty database of the same schema, all indexes and checks
 * in place, over one connection, from files on the server's disk. No program that stores these rows is faster by much.
 */
import type { Db } from "../../src/db/pool.ts";
import type { Session } from "../../src/db/session.ts";
import { readCluster } from "./cluster-meter.ts";
import { added, rounded } from "./section.ts";

/** A table's rows in a file that the server can read. */
interface Exported {
  readonly name: string;
  readonly file: string;
  readonly rows: number;
}

/** What the rows of a whole database take. */
export interface CopyFloor {
  readonly tables: number;
  readonly rows: number;
  readonly seconds: number;
  /** Absent where the server runs elsewhere. */
  readonly cpu_seconds: number | undefined;
  readonly wal_bytes: number;
  /** Tables and indexes as COPY leaves them. */
  readonly bytes: number;
}

/** Writes every table that has rows to a file on the server; needs the right to do so (pg_write_server_files). */
export async function exportTables(db: Db, folder: string): Promise<readonly Exported[]> {
  const { rows } = await db.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'sync'::regnamespace and relkind = 'r' order by relname`,
  );
  const all: Exported[] = [];
  for (const { name } of rows) {
    const file = `${folder}/${name}.copy`;
    const { count } = await db.query(`copy sync.${name} to '${file}'`);
    if (count > 0) all.push({ name, file, rows: count });
  }
  return all;
}

/** Loads the files into a database that has the schema and nothing else. */
export async function measureFloor(
  session: Session,
  tables: readonly Exported[],
): Promise<CopyFloor> {
  await session.query(`truncate ${tables.map(({ name }) => `sync.${name}`).join(", ")}`);
  // What was written before must not be flushed within the measured time.
  await session.query("checkpoint");
  const before = await readCluster(session);
  const startedMs = performance.now();
  await session.query("begin");
  for (const { name, file } of tables) await session.query(`copy sync.${name} from '${file}'`);
  await session.commit();
  const seconds = (performance.now() - startedMs) / 1_000;
  const after = await readCluster(session);
  return {
    tables: tables.length,
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    seconds: rounded(seconds),
    cpu_seconds: added(before.cpuSeconds, after.cpuSeconds),
    wal_bytes: after.walBytes - before.walBytes,
    bytes: await sizeOfTables(session),
  };
}

/** Bytes of all tables with their indexes. */
export async function sizeOfTables(session: Pick<Session, "query">): Promise<number> {
  const { rows } = await session.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(oid)) as bytes from pg_class
      where relnamespace = 'sync'::regnamespace and relkind = 'r'`,
  );
  return rows[0]?.bytes ?? 0;
}
