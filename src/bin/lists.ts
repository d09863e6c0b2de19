/** Where the API reads its lists: the database, or a read replica of it that an operator named. */
import type { Platform } from "../cli/platform.ts";
import { openPool } from "../db/pool.ts";
import { listsOf, Replica, type Lists } from "../db/replica.ts";
import { systemClock } from "../lib/clock.ts";
import { ConfigError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";

const SETTING = "--read-database-url";

/** What of the settings says where. */
export interface ListsSettings {
  readonly databaseUrl?: string | undefined;
  /** A streaming replica of `databaseUrl`. */
  readonly readDatabaseUrl?: string | undefined;
  /** Most connections to it. */
  readonly poolSize: number;
}

/** Opens it. Throws ConfigError naming --read-database-url for a URL of something else, or without --database-url. */
export async function openLists(
  { db: primary }: Pick<Platform, "db">,
  { databaseUrl, readDatabaseUrl: url, poolSize: max }: ListsSettings,
  log: Log,
): Promise<{ readonly lists: Lists } & AsyncDisposable> {
  if (url === undefined) return { lists: listsOf(primary), [Symbol.asyncDispose]: async () => {} };
  if (databaseUrl === undefined) {
    throw new ConfigError(SETTING, "goes with --database-url: the embedded server has no replica");
  }
  const address = { url, setting: SETTING };
  const replica = openPool({ address, max, applicationName: "serviceradar-core lists", log });
  const lists = new Replica({ primary, replica, clock: systemClock, log });
  try {
    await lists.check();
  } catch (thrown) {
    await replica.end();
    throw thrown;
  }
  return { lists, [Symbol.asyncDispose]: () => replica.end() };
}
